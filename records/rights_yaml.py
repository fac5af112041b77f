"""Rights from YAML: a list of mappings with the columns' names as keys (or `rights:` over such a list).

Values are taken as written (no guessing of dates or `no`), columns with several values as a list or `;`-separated.
Only plain data is composed: aliases, tags of other kinds and deep nesting are refused before anything is built.
"""

import yaml

from records.rights_rows import COLUMNS, SEVERAL, RowReader

MAX_BYTES = 5_000_000
"""A larger YAML file is refused (its parser is slow): CSV holds more."""
MAX_DEPTH = 8
"""How deep collections may nest."""
MAX_EVENTS = 4_000_000
"""How many values a file may hold."""


def read_yaml(data: bytes, reader: RowReader) -> None:
    """Read a YAML file's bytes."""
    if len(data) > MAX_BYTES:
        zh = f"YAML 文件超过 {MAX_BYTES} 字节，请改用 CSV"
        reader.refuse(0, "", zh, f"expected at most {MAX_BYTES} bytes of YAML, got {len(data)}: use CSV")
        return
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        reader.refuse(line, "", "不是 UTF-8 编码，请另存为 UTF-8", f"expected UTF-8, byte {error.start} is not")
        return
    try:
        if problem := _dangerous(text):
            reader.refuse(problem[0], "", f"YAML 文件不可用：{problem[1]}", f"this YAML is refused: {problem[1]}")
            return
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or str(error)[:100]
        line = mark.line + 1 if mark else 0
        reader.refuse(line, "", f"不是有效的 YAML：{what}", f"this is no YAML: {what}")
        return
    _read_root(root, reader)


def _dangerous(text: str) -> tuple[int, str] | None:
    depth = 0
    for count, event in enumerate(yaml.parse(text, Loader=yaml.SafeLoader)):
        line = event.start_mark.line + 1 if event.start_mark else 0
        if isinstance(event, yaml.AliasEvent):
            return line, "aliases are not allowed"
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            return line, f"more than {MAX_DEPTH} levels"
        if count > MAX_EVENTS:
            return line, f"more than {MAX_EVENTS} values"
    return None


def _read_root(root: yaml.Node | None, reader: RowReader) -> None:
    if isinstance(root, yaml.MappingNode):
        inner = [value for key, value in root.value if isinstance(key, yaml.ScalarNode) and key.value == "rights"]
        root = inner[0] if len(inner) == 1 else root
    if not isinstance(root, yaml.SequenceNode):
        line = 1 if root is None else root.start_mark.line + 1
        reader.refuse(line, "", "应为权利的列表", "expected a list of rights")
        return
    for item in root.value:
        line = item.start_mark.line + 1
        if isinstance(item, yaml.MappingNode):
            _read_item(item, line, reader)
        else:
            reader.refuse(line, "", "应为一项权利的各字段", "expected a right's fields")


def _read_item(item: yaml.MappingNode, line: int, reader: RowReader) -> None:
    cells: dict[str, str | list[str]] = {}
    for key, value in item.value:
        name = key.value.strip().lower() if isinstance(key, yaml.ScalarNode) else ""
        if name not in COLUMNS:
            where = key.start_mark.line + 1
            reader.warn(
                where, name[:40], f"未知的列“{name[:40]}”已忽略", f"the unknown column {name[:40]!r} was ignored"
            )
            continue
        if name in cells:
            reader.refuse(line, name, f"“{name}”重复", f"{name} is given twice")
            return
        cell = _cell(value, name)
        if cell is None:
            reader.refuse(value.start_mark.line + 1, name, f"“{name}”的值不可用", f"expected text{_or_list(name)}")
            return
        cells[name] = cell
    reader.read(line, cells)


def _or_list(name: str) -> str:
    return " or a list of texts" if name in SEVERAL else ""


def _cell(value: yaml.Node, name: str) -> str | list[str] | None:
    """Return a node as written; None where it is neither text nor, where allowed, a list of texts."""
    if isinstance(value, yaml.ScalarNode):
        if value.tag.startswith("tag:yaml.org,2002:"):
            return "" if value.tag.endswith(":null") else str(value.value)
        return None
    if isinstance(value, yaml.SequenceNode) and name in SEVERAL:
        cells = [_cell(item, "") for item in value.value]
        return [cell for cell in cells if isinstance(cell, str)] if None not in cells else None
    return None
