"""Processes that stamp and may kill themselves (SIGKILL) at their n-th call of our code.

Reads lines `DB URL ITEMS N SEED` (N is 0 for no kill), forks a process for each, and answers each with a line
`EXIT CALLS`, where EXIT is negative for a signal. A fork spares each of them the imports.
"""

import hashlib
import os
import random
import signal
import sys
import traceback
from datetime import UTC, datetime, timedelta

from guards.egress import EgressPolicy
from notary.anchors import Reach, build_anchors
from notary.stage import Notary, Policy
from records.engine import Sessions, open_engine
from records.proofs import ProofRecords

OURS = ("/notary/", "/records/", "/guards/", "sqlalchemy/engine/", "sqlalchemy/orm/", "http/client.py")
calls = [0]


def stamp(database: str, url: str, items: int, kill_at: int, seed: int) -> None:
    """Enqueue the items, running what is due in between; every start begins at the first item again."""

    def count(frame, event, arg) -> None:
        if event == "call" and any(part in frame.f_code.co_filename for part in OURS):
            calls[0] += 1
            if calls[0] == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)

    store = ProofRecords(Sessions(open_engine(f"sqlite:///{database}")))
    reach = Reach(EgressPolicy(frozenset({url.removeprefix("http://")})), deadline_s=10)
    ahead = timedelta(hours=seed)  # each start comes an hour after the one before: its leases have run out
    notary = Notary(
        store,
        build_anchors({"opentimestamps": [url]}, reach),
        lambda: datetime.now(UTC) + ahead,
        Policy(batch_items=3, batch_s=0.0, lease_s=60, upgrade_s=600),
        rng=random.Random(seed),
    )
    sys.setprofile(count)
    for number in range(items):
        notary.enqueue(f"s{number}", hashlib.sha256(b"%d" % number).hexdigest())
        if number % 4 == 3:
            notary.run_due()
    notary.run_due(force=True)
    sys.setprofile(None)


def main() -> None:
    """Serve the lines of stdin."""
    for line in sys.stdin:
        database, url, *numbers = line.split()
        reading, writing = os.pipe()
        pid = os.fork()
        if not pid:
            try:
                stamp(database, url, *map(int, numbers))
                os.write(writing, b"%d" % calls[0])
            except Exception:  # noqa: BLE001 - the outermost call of a forked process
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        os.close(writing)
        _, status = os.waitpid(pid, 0)
        counted = os.read(reading, 100).decode() or "0"
        os.close(reading)
        os.write(1, f"{os.waitstatus_to_exitcode(status)} {counted}\n".encode())


if __name__ == "__main__":
    main()
