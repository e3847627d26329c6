"""Runs graphs of components as SimPy's manual would have them written: a process for each component
and each of its tasks, an event for each end, and a Resource for each arch that gives out builders,
first come first served.

Standard input: {"times": [[milliseconds by arch]], "after": [[components that it waits for]],
"builders": how many of each arch}. Standard output: the makespan in milliseconds, then the seconds
that running took. A PriorityResource would order by the longest path, but sorts all that wait each
time that something is asked for.
"""
import json
import sys
import time

import simpy


def run(times, after, builders):
    env = simpy.Environment()
    arches = [simpy.Resource(env, capacity=builders) for _ in times[0]]
    ends = [env.event() for _ in times]

    def task(arch, milliseconds):
        with arch.request() as builder:
            yield builder
            yield env.timeout(milliseconds)

    def component(number):
        if after[number]:
            yield env.all_of([ends[first] for first in after[number]])
        tasks = [env.process(task(*each)) for each in zip(arches, times[number])]
        yield env.all_of(tasks)
        ends[number].succeed()

    for number in range(len(times)):
        env.process(component(number))
    env.run()
    return env.now


def main():
    graph = json.load(sys.stdin)
    began = time.perf_counter()
    print(run(graph["times"], graph["after"], graph["builders"]))
    print(time.perf_counter() - began)


main()
