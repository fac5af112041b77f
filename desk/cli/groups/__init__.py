"""The command groups, in the order in which `markwatch --help` lists them."""

from desk.cli.groups import (
    case,
    demo,
    desk,
    detect,
    fairs,
    hits,
    home,
    login,
    package,
    patrol,
    profile,
    proofs,
    rights,
    watch,
)

REGISTER = (
    demo.register,
    home.register,
    rights.register,
    watch.register,
    fairs.register,
    login.register,
    profile.register,
    patrol.register,
    detect.register,
    hits.register,
    proofs.register,
    case.register,
    package.register,
    desk.register,
)
"""One function a group; each adds its commands to the parser and imports nothing heavy."""
