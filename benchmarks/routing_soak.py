"""Thousands of jobs over routes that are broken at every step: `python -m benchmarks.routing_soak [--jobs 5000]`.

A stub ComfyUI, Comfy API v2 in three dialects and a fake RunPod are each hit by faults at every request (`--chaos`, the
share of requests and jobs that go wrong). At the end no job may be lost, none may have run more often than its policy
allows, and none may have run without an attempt that says so. Prints Markdown; exits 1 if something is wrong.
"""

from __future__ import annotations

import argparse

from tests.routing.soaking import soak


def main() -> None:
    """Run the soak."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.routing_soak", description=__doc__)
    parser.add_argument("--jobs", type=int, default=5_000)
    parser.add_argument("--chaos", type=float, default=0.03)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    found = soak(given.jobs, chaos=given.chaos, seed=given.seed)
    print(f"{found.jobs} jobs in {found.seconds:.0f} s, {found.jobs / found.seconds:.0f} a second\n")
    print("| what | count |\n|---|---|")
    for title, counts in (("job", found.ends), ("attempt", found.outcomes), ("breaker seen", found.states)):
        for name, count in counts.most_common():
            print(f"| {title} {name} | {count:,} |")
    print(f"| jobs with more than one attempt | {found.moved:,} |")
    print(f"| lost, run too often, or reported wrongly | {len(found.wrong)} |")
    for line in found.wrong[:20]:
        print(f"\n- {line}")
    raise SystemExit(1 if found.wrong else 0)


if __name__ == "__main__":
    main()
