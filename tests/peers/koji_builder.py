"""koji's own builder code at a hub: logs in as a builder and carries out tasks until those named are over.

    koji_builder.py SERVER USER PASSWORD TASK...

What koji's kojid does around it is left out: files, mock and the check of the machine's load.
"""
import os
import sys
import tempfile
import types

import koji
import koji.daemon
import koji.tasks

server, user, password, *tasks = sys.argv[1:]
session = koji.ClientSession(server, {"max_retries": 2, "retry_interval": 1})
session.opts.update(user=user, password=password)
session.login()
session.exclusiveSession()
os.getloadavg = lambda: (0.0, 0.0, 0.0)
workdir = tempfile.TemporaryDirectory()
options = types.SimpleNamespace(maxjobs=10, workdir=workdir.name)
manager = koji.daemon.TaskManager(options, session)
manager.checkSpace = lambda: True
manager.findHandlers(vars(koji.tasks))
OVER = {koji.TASK_STATES[name] for name in ("CLOSED", "CANCELED", "FAILED")}
open_tasks = [int(task) for task in tasks]
while open_tasks:
    manager.updateTasks()
    manager.getNextTask()
    for task in list(open_tasks):
        info = session.getTaskInfo(task)
        if info["state"] in OVER and task not in manager.pids:
            print(task, koji.TASK_STATES[info["state"]], info["host_id"] == manager.host_id)
            open_tasks.remove(task)
session.logout()
