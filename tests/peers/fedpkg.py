"""The module commands of fedpkg, by the library under it: fedpkg.py CONFIG COMMAND...

Nothing of Kerberos and of librpm is needed for them: two empty modules stand in their places. The pause of
a watching client is cut short.
"""

import configparser
import sys
import time
import types

for name in ("cccolutils", "rpm"):
    sys.modules[name] = types.ModuleType(name)

import pyrpkg.cli

pause = time.sleep
time.sleep = lambda seconds: pause(min(seconds, 0.05))

config = configparser.ConfigParser()
config.read(sys.argv[1])
sys.argv = ["fedpkg"] + sys.argv[2:]
client = pyrpkg.cli.cliClient(config, name="fedpkg")
client.do_imports(site="pyrpkg")
client.parse_cmdline()
client.setupLogging(pyrpkg.cli.logging.getLogger("pyrpkg")) if hasattr(client, "setupLogging") else None
try:
    sys.exit(client.args.command() or 0)
except pyrpkg.errors.rpkgError as error:
    print(error, file=sys.stderr)
    sys.exit(1)
