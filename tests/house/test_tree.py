"""Nothing in the tree names a package index, a machine's own folders, or work not done."""

import re

import pytest

# Written apart, so that this file does not find itself.
INDEXES = [
    "pypi" + ".org", "python" + "hosted.org", "registry." + "npmjs", "deb." + "debian.org", "download." + "pytorch",
    "security." + "debian", "crates" + ".io/api", "proxy." + "golang",
]  # fmt: skip
PLACES = ["/wo" + "rk/", "/tmp/" + "w/", "/opt/" + "wheels", "/root" + "/", "/home" + "/"]
UNDONE = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|HA" + r"CK)\b")
BINARY = {
    ".png",
    ".jpg",
    ".jpeg",
    ".gif",
    ".webp",
    ".ico",
    ".xlsx",
    ".zip",
    ".wacz",
    ".ots",
    ".gz",
    ".woff2",
    ".npz",
    ".pdf",
}


@pytest.fixture(scope="module")
def texts(root, tracked):
    found = {}
    for path in tracked:
        if path.suffix not in BINARY:
            found[str(path)] = (root / path).read_text(encoding="utf-8", errors="replace")
    return found


def places(texts, words):
    return [f"{path}: {word}" for path, text in texts.items() for word in words if word in text]


def test_no_package_index_is_named(texts):
    assert places(texts, INDEXES) == []


def test_no_machines_folder_is_named(texts):
    assert places(texts, PLACES) == []


def test_nothing_is_marked_as_undone(texts):
    code = {path: text for path, text in texts.items() if path.endswith((".py", ".toml", ".js", ".html"))}
    assert [path for path, text in code.items() if UNDONE.search(text)] == []


def test_no_init_file_shadows_a_package(tracked):
    assert [str(path) for path in tracked if path.parts[0] == "tests" and path.name == "__init__.py"] == []


def test_no_secret_or_build_product_is_tracked(tracked):
    wrong = re.compile(r"(^|/)(\.env|.*\.key|.*\.pyc|\.venv|.*\.egg-info)(/|$)")
    assert [str(path) for path in tracked if wrong.search(str(path))] == []


def test_every_text_is_utf8_and_ends_with_a_line_end(root, tracked):
    wrong = []
    for path in tracked:
        data = (root / path).read_bytes()
        if path.suffix in {".py", ".md", ".toml", ".yaml"} and data:
            data.decode("utf-8")
            if not data.endswith(b"\n") or b"\r" in data:
                wrong.append(str(path))
    assert wrong == []


@pytest.mark.parametrize(
    "name", ["LICENSE", "NOTICE", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "requirements.lock"]
)
def test_the_papers_of_a_project_are_there(root, name):
    assert (root / name).stat().st_size > 200


def test_the_licence_is_whole(root):
    text = (root / "LICENSE").read_text(encoding="utf-8")
    assert "Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text


def test_the_changelog_keeps_its_form(root):
    text = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "## [Unreleased]" in text
    assert set(re.findall(r"^### (\w+)", text, re.MULTILINE)) <= {
        "Added",
        "Changed",
        "Deprecated",
        "Removed",
        "Fixed",
        "Security",
    }
