"""Starting Chromium for one capture: fresh profile, one door to the network, no calls home, sandboxed where it can be."""

import os
from pathlib import Path
from typing import Any

SANDBOX_NOTE = "Chromium's own sandbox is off, because this process runs as root; run markwatch as another user"
_QUIET = (
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--no-first-run",
    "--no-pings",
    "--dns-prefetch-disable",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-dev-shm-usage",
    "--disable-gpu",
)
# What Playwright switches on for tests and a capture does not want: pages may block pop-ups as for any visitor.
UNWANTED_DEFAULTS = ["--disable-popup-blocking"]


def sandboxed() -> bool:
    """Whether Chromium's sandbox can be on: never for root."""
    return os.geteuid() != 0


def launch_options(chromium: str, gateway_port: int, spki: list[str], home: Path) -> dict[str, Any]:
    """Return Playwright's launch options; `spki` lists the public keys whose certificate errors are let through."""
    args = [
        *_QUIET,
        f"--proxy-server=socks5://127.0.0.1:{gateway_port}",
        "--proxy-bypass-list=<-loopback>",
    ]
    if spki:
        args.append(f"--ignore-certificate-errors-spki-list={','.join(spki)}")
    if not sandboxed():
        args.append("--no-sandbox")
    return {
        "executable_path": chromium,
        "headless": True,
        "args": args,
        "chromium_sandbox": sandboxed(),
        "ignore_default_args": UNWANTED_DEFAULTS,
        "env": browser_env(home),
        "timeout": 40_000,
        "handle_sigint": False,
        "handle_sigterm": False,
        "handle_sighup": False,
    }


def browser_env(home: Path) -> dict[str, str]:
    """Return the browser's environment: a home of its own, and nothing of ours that could hold a secret."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "TZ") if name in os.environ}
    return {**kept, "HOME": str(home), "TMPDIR": str(home), "XDG_CONFIG_HOME": str(home), "XDG_CACHE_HOME": str(home)}
