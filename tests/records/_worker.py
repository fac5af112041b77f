"""A worker that is killed: takes jobs, decides, opens cases, writes the audit trail; prints each step once committed."""

import sys

from records.engine import open_engine
from records.ids import digest_id
from records.model import Decision
from records.store import Records
from records.terms import DecisionStage, HitState, JobKind, Verdict


def _say(*words: object) -> None:
    sys.stdout.write(" ".join(str(word) for word in words) + "\n")
    sys.stdout.flush()


def main(url: str) -> None:
    """Work until killed or until nothing is due."""
    store = Records(open_engine(url))
    _say("ready")
    while (job := store.jobs.lease([JobKind.CAPTURE], 0.2)) is not None:
        hit = store.hits.get(job.key)
        assert hit is not None
        decision = Decision(
            digest_id("decision", hit.id), hit.id, "worker", Verdict.SUSPECTED, DecisionStage.PROPOSE, job.created_at
        )
        store.decisions.append(decision, HitState.PROPOSED)
        _say("decided", hit.id)
        case = store.cases.open_for(hit.listing_id, [hit.id], "涉嫌")
        _say("opened", case.number)
        entry = store.audit.append("worker", "propose", hit.id)
        _say("audited", entry.seq)
        store.jobs.finish(job.id, job.tries)
        _say("finished", job.key)
    _say("nothing due")


if __name__ == "__main__":
    main(sys.argv[1])
