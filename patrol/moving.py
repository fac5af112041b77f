"""Backup and restore of a home: database, vault, keys, proofs and packages in one file."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from patrol.app import App


def backup_home(app: "App", target: Path, actor: str) -> dict[str, Any]:
    """Write a backup of the home and its database to `target`; return what it holds.

    Raises the records' errors: `target` exists or lies inside the home, the disk is full. Nothing half-written stays.
    """
    from records.backup import backup

    app.records.audit.append(actor, "backup", str(target))
    report = backup(app.home, app.settings.database_url, target.absolute(), vault=app.settings.vault_path)
    return {
        "file": str(target),
        "files": report.files,
        "bytes": report.size,
        "schema": report.schema,
        "skipped": list(report.skipped),
    }


def restore_home(app: "App", archive: Path, actor: str) -> dict[str, Any]:
    """Restore a backup into the App's empty home and database; return what was restored.

    Raises the records' errors: a changed backup (exit 1), a home in use, a newer version (exit 3).
    """
    from records.restore import restore

    report = restore(archive, app.home, app.settings.database_url, vault=app.settings.vault_path)
    app.records.audit.append(actor, "restored", str(archive))
    return {"home": str(app.home), "files": report.files, "bytes": report.size, "schema": report.upgraded_to}
