"""Runs job graphs as SimPy's manual would have them written: a process for each job, an event for
its end, and a Resource that gives out builders, first come first served.

Standard input as for simpy_makespans.py, of which "rule" must be "first-come" and "arch" 0 throughout.
Standard output: a JSON list of makespans in milliseconds. With --time, then the seconds that running
took, on a line of its own. A PriorityResource would order by the longest path, but sorts all that wait
each time that something is asked for.
"""
import json
import sys
import time

import simpy


def run(instance):
    env = simpy.Environment()
    builders = simpy.Resource(env, capacity=instance["builders"][0])
    jobs, before = instance["jobs"], instance["before"]
    waits = [[] for _ in jobs]
    for job, followers in enumerate(before):
        for follower in followers:
            waits[follower].append(job)
    ends = [env.event() for _ in jobs]

    def build(job):
        if waits[job]:
            yield env.all_of([ends[first] for first in waits[job]])
        with builders.request() as builder:
            yield builder
            yield env.timeout(jobs[job])
        ends[job].succeed()

    for job in range(len(jobs)):
        env.process(build(job))
    env.run()
    return env.now


def main():
    instances = json.load(sys.stdin)
    if any(instance["rule"] != "first-come" or any(instance["arch"]) for instance in instances):
        sys.exit("only first come first served, on one arch")
    began = time.perf_counter()
    print(json.dumps([run(instance) for instance in instances]))
    if "--time" in sys.argv:
        print(time.perf_counter() - began)


main()
