"""Lets a koji hub take requests to build whole modules.

moduleBuild(plan, opts, priority, channel) checks the plan and makes one task of the method
`moduleBuild`, in a channel of its own; a host of that channel builds the module. The hub keeps the
plan in the task's request, so a second try builds the same.

A plug-in that cannot be imported takes the hub offline. This one therefore needs nothing but koji,
reads its configuration only when it is called, and works where koji's internals have moved.
"""
import koji
import koji.tasks
from koji.context import context
from koji.plugin import export

try:
    from kojihub.kojihub import make_task  # koji 1.33 and newer
except ImportError:
    from kojihub import make_task

__all__ = ("moduleBuild",)

CONFIG_FILE = "/etc/koji-hub/plugins/modplan_module_build.conf"
DEFAULTS = {"permission": "module-build", "channel": "module", "plan_bytes": "2000000"}
TEXTS = ("name", "stream", "context", "platform_tag", "modulemd")
NEEDED = TEXTS + ("version", "arches", "batches")

if isinstance(getattr(koji.tasks, "LEGACY_SIGNATURES", None), dict):
    # Else the hub logs that the method is unknown, each time.
    koji.tasks.LEGACY_SIGNATURES.setdefault("moduleBuild", [[["plan", "opts"], None, None, (None,)]])


def settings():
    """Returns what the site decides; a file that is missing or broken leaves the defaults."""
    found = dict(DEFAULTS)
    try:
        config = koji.read_config_files([(CONFIG_FILE, False)])
        for key in DEFAULTS:
            if config.has_option("module_build", key):
                found[key] = config.get("module_build", key)
        int(found["plan_bytes"])
    except Exception as error:
        raise koji.ConfigurationError("%s: %s" % (CONFIG_FILE, error))
    return found


def refuse(text, *args):
    raise koji.ParameterError(text % args)


def is_text(value):
    return isinstance(value, str) and value != ""


def check(plan, limit):
    """Refuses a plan that no worker could build. Whether it may be built is the worker's decision."""
    if not isinstance(plan, dict):
        refuse("the plan is not a struct")
    missing = [key for key in NEEDED if key not in plan]
    if missing:
        refuse("the plan lacks %s", ", ".join(missing))
    for key in TEXTS:
        if not is_text(plan[key]):
            refuse("%s is not a text", key)
    if not str(plan["version"]).isdigit():
        refuse("version is not a number")
    if not isinstance(plan["arches"], list) or not plan["arches"] or not all(map(is_text, plan["arches"])):
        refuse("arches is not a list of names")
    batches = plan["batches"]
    if not isinstance(batches, list) or not all(isinstance(batch, list) for batch in batches):
        refuse("batches is not a list of lists")
    for component in (component for batch in batches for component in batch):
        if not isinstance(component, dict) or not all(is_text(component.get(key)) for key in ("name", "url")):
            refuse("a component has no name or no url")
    size = len(repr(plan))
    if size > limit:
        refuse("the plan has %s characters; this hub takes %s", size, limit)


@export
def moduleBuild(plan, opts=None, priority=None, channel=None):
    """Makes a task that builds a module, and returns its number.

    A positive priority goes later, a negative one needs the permission admin, as for builds.
    """
    context.session.assertLogin()
    site = settings()
    context.session.assertPerm(site["permission"])
    check(plan, int(site["plan_bytes"]))
    if channel not in (None, site["channel"]) and not context.session.hasPerm("admin"):
        raise koji.ActionNotAllowed("module builds run in the channel %s" % site["channel"])
    options = {"channel": channel or site["channel"]}
    if priority:
        if priority < 0 and not context.session.hasPerm("admin"):
            raise koji.ActionNotAllowed("only admins may create high-priority tasks")
        options["priority"] = koji.PRIO_DEFAULT + priority
    return make_task("moduleBuild", [plan, opts or {}], **options)
