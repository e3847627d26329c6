"""Has libmodulemd read every file named, strictly; prints what it refuses and how many it takes."""

import sys

import gi

gi.require_version("Modulemd", "2.0")
from gi.repository import Modulemd

taken = 0
for path in sys.argv[1:]:
    index = Modulemd.ModuleIndex.new()
    try:
        _, failures = index.update_from_file(path, True)
    except Exception as error:
        print(f"{path}: {error}")
        continue
    for failure in failures:
        print(f"{path}: {failure.get_gerror().message}")
    for name in index.get_module_names():
        for stream in index.get_module(name).get_all_streams():
            if stream.validate():
                taken += 1
print(taken)
