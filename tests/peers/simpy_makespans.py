"""Runs job graphs in SimPy and prints their makespans: an engine that shares nothing with modplan.

Standard input: a JSON list of {"jobs": [milliseconds], "arch": [number], "before": [[jobs that wait]],
"builders": [count by arch], "rule": "first-come" or "critical-path"}. A builder takes the waiting job
that became ready first, or the one with the longest path still to come; equal ones by the order in
which they became ready. Work is given out once all that happens at a moment has happened.

Standard output: a JSON list of makespans in milliseconds. With --time, then the seconds that running
took, on a line of its own.
"""
import heapq
import json
import sys
import time

import simpy

SETTLE = 2  # after everything that simpy counts as urgent (0) or normal (1)


def paths(jobs, before):
    """Returns the longest path from the start of each job to the end of all."""
    waits = [0] * len(jobs)
    for followers in before:
        for job in followers:
            waits[job] += 1
    order = [job for job, count in enumerate(waits) if count == 0]
    for job in order:
        for follower in before[job]:
            waits[follower] -= 1
            if waits[follower] == 0:
                order.append(follower)
    longest = [0] * len(jobs)
    for job in reversed(order):
        longest[job] = jobs[job] + max((longest[f] for f in before[job]), default=0)
    return longest


class Farm:
    """Builders by arch, and the jobs that wait for them."""

    def __init__(self, instance):
        self.env = simpy.Environment()
        self.jobs, self.arch = instance["jobs"], instance["arch"]
        self.before = instance["before"]
        self.free = list(instance["builders"])
        self.queues = [[] for _ in self.free]
        by_path = instance["rule"] == "critical-path"
        self.rank = paths(self.jobs, self.before) if by_path else [0] * len(self.jobs)
        self.unmet = [0] * len(self.jobs)
        for followers in self.before:
            for job in followers:
                self.unmet[job] += 1
        self.sequence = 0
        self.is_settling = False

    def run(self):
        for job, unmet in enumerate(self.unmet):
            if unmet == 0:
                self.ready(job)
        self.env.run()
        return self.env.now

    def ready(self, job):
        heapq.heappush(self.queues[self.arch[job]], (-self.rank[job], self.sequence, job))
        self.sequence += 1
        self.settle_later()

    def settle_later(self):
        if not self.is_settling:
            self.is_settling = True
            event = self.env.event()
            event.callbacks.append(self.settle)
            event._ok, event._value = True, None
            self.env.schedule(event, priority=SETTLE)

    def settle(self, _event):
        self.is_settling = False
        for arch, queue in enumerate(self.queues):
            while self.free[arch] and queue:
                _, _, job = heapq.heappop(queue)
                self.free[arch] -= 1
                self.env.process(self.build(job))

    def build(self, job):
        yield self.env.timeout(self.jobs[job])
        self.free[self.arch[job]] += 1
        self.settle_later()
        for follower in self.before[job]:
            self.unmet[follower] -= 1
            if self.unmet[follower] == 0:
                self.ready(follower)


def main():
    instances = json.load(sys.stdin)
    began = time.perf_counter()
    print(json.dumps([Farm(instance).run() for instance in instances]))
    if "--time" in sys.argv:
        print(time.perf_counter() - began)


main()
