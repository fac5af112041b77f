"""A process that stamps and may kill itself (SIGKILL) at its n-th call of our code: `stamping_child.py DB URL ITEMS N SEED`.

N is 0 for no kill. Prints the number of calls at the end.
"""

import hashlib
import os
import random
import signal
import sys
from datetime import UTC, datetime, timedelta

from guards.egress import EgressPolicy
from notary.anchors import Reach, build_anchors
from notary.stage import Notary, Policy
from records.engine import Sessions, open_engine
from records.proofs import ProofRecords

OURS = ("/notary/", "/records/", "/guards/", "sqlalchemy/engine/", "sqlalchemy/orm/", "http/client.py")
calls = 0


def main() -> None:
    """Enqueue the items, running what is due in between; every start begins at the first item again."""
    database, url, items, kill_at, seed = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5])

    def count(frame, event, arg) -> None:
        global calls
        if event == "call" and any(part in frame.f_code.co_filename for part in OURS):
            calls += 1
            if calls == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)

    store = ProofRecords(Sessions(open_engine(f"sqlite:///{database}")))
    reach = Reach(EgressPolicy(frozenset({url.removeprefix("http://")})), deadline_s=10)
    ahead = timedelta(hours=seed)  # each start comes an hour after the one before: its leases have run out
    notary = Notary(
        store, build_anchors({"opentimestamps": [url]}, reach), lambda: datetime.now(UTC) + ahead,
        Policy(batch_items=3, batch_s=0.0, lease_s=60, upgrade_s=600), rng=random.Random(seed),
    )
    sys.setprofile(count)
    for number in range(items):
        notary.enqueue(f"s{number}", hashlib.sha256(b"%d" % number).hexdigest())
        if number % 4 == 3:
            notary.run_due()
    notary.run_due(force=True)
    sys.setprofile(None)
    print(calls)


main()
