"use strict";
// A single-page shop: cards are drawn from JSON, page after page; they have no links, and pictures are backgrounds.
const app = document.getElementById("app");
function part(tag, name, text) {
  const node = document.createElement(tag);
  node.className = name;
  if (text !== undefined) node.textContent = text;
  return node;
}
function card(goods) {
  const tile = part("div", "tile");
  tile.dataset.id = goods.id;
  const picture = part("div", "pic");
  picture.style.backgroundImage = `url("${goods.cover}")`;
  const text = part("div", "text");
  text.append(part("div", "tile-name", goods.name), part("div", "price", goods.priceText));
  const meta = part("div", "meta");
  meta.append(part("span", "shop", goods.shop), part("span", "place", goods.place));
  text.append(meta);
  tile.append(picture, text);
  tile.addEventListener("click", () => show(goods));
  return tile;
}
function show(goods) {
  const box = part("dialog", "detail");
  box.append(part("h1", "", goods.name), part("p", "price", goods.priceText), part("p", "", goods.detail));
  for (const [name, text] of Object.entries(goods.props)) box.append(part("div", "", `${name}:${text}`));
  box.addEventListener("click", () => box.remove());
  document.body.append(box);
  box.showModal();
}
async function start() {
  const head = part("header", "top");
  head.append(part("span", "name", document.title), part("span", "note", "markwatch 演示市场(虚构) · demo market, all invented"));
  const main = part("main", "");
  const grid = part("div", "grid");
  main.append(grid);
  app.append(head, main);
  for (let page = 1, pages = 1; page <= pages; page += 1) {
    const answer = await (await fetch(`/api/goods?page=${page}`)).json();
    pages = answer.data.pages;
    for (const goods of answer.data.list) grid.append(card(goods));
  }
}
start();
