#!/usr/bin/python3
"""Times libmodulemd on files: python3 libmodulemd.py FILE...

Prints a JSON line a file: its size, the best of three readings in seconds of processor time of one
thread, and whether all of it was accepted. Needs python3-gi and gir1.2-modulemd-2.0 (Debian).
"""

import json
import os
import sys
import time

import gi

gi.require_version("Modulemd", "2.0")
from gi.repository import Modulemd  # noqa: E402

for path in sys.argv[1:]:
    best = float("inf")
    for _ in range(3):
        start = time.process_time()
        index = Modulemd.ModuleIndex.new()
        accepted, _failures = index.update_from_file(path, False)
        best = min(best, time.process_time() - start)
    print(
        json.dumps(
            {
                "bytes": os.path.getsize(path),
                "seconds": best,
                "accepted": accepted,
                "version": Modulemd.get_version(),
            }
        )
    )
