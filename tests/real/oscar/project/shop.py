"""Loads the catalogue through Oscar's own importers, and serves the shop. Runs in the shop's own environment.

    shop.py load CATALOGUE.csv ATTRIBUTES.jsonl PICTURES/
    shop.py serve            (prints `listening PORT` once it answers)

The products, categories, prices and stock go through `oscar_import_catalogue`, the photos through
`oscar_import_catalogue_images`. Its CSV has no column for attributes (产地, 配料, 执行标准), so those alone are written
through Oscar's models.
"""

import json
import os
import sys
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop_settings")

import django

django.setup()

from django.core.management import call_command  # noqa: E402 - Django must be set up first


def load(catalogue: str, attributes: str, pictures: str) -> None:
    """Make the database and fill it: products, photos, then the attributes that the importer has no field for."""
    call_command("migrate", verbosity=0)
    call_command("oscar_import_catalogue", catalogue)
    call_command("oscar_import_catalogue_images", pictures)
    with Path(attributes).open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            _set_attributes(row["upc"], row["attributes"])
    call_command("rebuild_index", interactive=False, verbosity=0)


def _set_attributes(upc: str, attributes: dict[str, str]) -> None:
    """Write one product's attributes through Oscar's models, defining each on its product class."""
    from oscar.core.loading import get_model

    product = get_model("catalogue", "Product").objects.get(upc=upc)
    attribute_model = get_model("catalogue", "ProductAttribute")
    value_model = get_model("catalogue", "ProductAttributeValue")
    for name, text in attributes.items():
        code = "a" + name.encode("utf-8").hex()
        attribute, _ = attribute_model.objects.get_or_create(
            product_class=product.product_class, code=code, defaults={"name": name, "type": "text"}
        )
        value_model.objects.create(product=product, attribute=attribute, value_text=text)


def serve() -> None:
    """Serve on an ephemeral loopback port until killed."""
    import waitress
    from django.core.wsgi import get_wsgi_application

    port = int(os.environ.get("SHOP_PORT", "0"))
    server = waitress.create_server(get_wsgi_application(), host="127.0.0.1", port=port, threads=4)
    sys.stdout.write(f"listening {server.effective_port}\n")
    sys.stdout.flush()
    server.run()


if __name__ == "__main__":
    if sys.argv[1] == "load":
        load(*sys.argv[2:5])
    else:
        serve()
