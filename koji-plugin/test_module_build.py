"""The plug-in beside a hub that is made of stubs: python -m unittest koji-plugin/test_module_build.py"""
import importlib.util
import pathlib
import sys
import types
import unittest
from unittest import mock

import koji

HERE = pathlib.Path(__file__).parent
MADE = []


def make_task(method, arglist, **options):
    MADE.append((method, arglist, options))
    return len(MADE)


def load():
    """Imports the plug-in anew, as a hub does at its first request."""
    spec = importlib.util.spec_from_file_location("plugin", HERE / "modplan_module_build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


sys.modules.setdefault("kojihub", types.SimpleNamespace(make_task=make_task))
PLUGIN = load()


class Session:
    """Somebody with some permissions."""

    def __init__(self, *perms, logged_in=True):
        self.perms, self.logged_in = perms, logged_in

    def assertLogin(self):
        if not self.logged_in:
            raise koji.ActionNotAllowed("you must be logged in for this operation")

    def hasPerm(self, perm):
        return "admin" in self.perms or perm in self.perms

    def assertPerm(self, perm):
        if not self.hasPerm(perm):
            raise koji.ActionNotAllowed("%s permission required" % perm)


def plan(**changes):
    component = {"name": "tool", "url": "git+https://src.example.org/rpms/tool#" + "a" * 40}
    whole = {
        "name": "tool", "stream": "1", "version": 8020020260101000000, "context": "c0ffee00",
        "arches": ["x86_64"], "platform_tag": "el8-build", "modulemd": "document: modulemd\n",
        "batches": [[component]],
    }
    whole.update(changes)
    return {key: value for key, value in whole.items() if value is not None}


class ModuleBuild(unittest.TestCase):
    def setUp(self):
        MADE.clear()

    def call(self, *arguments, session=Session("module-build"), **named):
        with mock.patch.object(PLUGIN, "context", types.SimpleNamespace(session=session)):
            return PLUGIN.moduleBuild(*arguments, **named)

    def refused(self, fault, words, *arguments, **named):
        with self.assertRaises(fault) as caught:
            self.call(*arguments, **named)
        self.assertIn(words, str(caught.exception))
        self.assertEqual(MADE, [])

    def test_a_plan_becomes_a_task_that_holds_it(self):
        self.assertEqual(self.call(plan(), {"retries": 1}, 5), 1)
        options = {"channel": "module", "priority": koji.PRIO_DEFAULT + 5}
        self.assertEqual(MADE, [("moduleBuild", [plan(), {"retries": 1}], options)])

    def test_who_may_not_is_refused(self):
        denied = koji.ActionNotAllowed
        self.refused(denied, "logged in", plan(), session=Session(logged_in=False))
        self.refused(denied, "module-build permission", plan(), session=Session("tag"))
        self.refused(denied, "only admins", plan(), None, -1)
        self.refused(denied, "in the channel module", plan(), channel="default")

    def test_an_admin_may_go_first_and_choose_the_channel(self):
        self.call(plan(), None, -3, "other", session=Session("admin"))
        self.assertEqual(MADE[0][2], {"channel": "other", "priority": koji.PRIO_DEFAULT - 3})

    def test_plans_that_nobody_could_build_are_refused(self):
        wrong = koji.ParameterError
        self.refused(wrong, "not a struct", ["tool"])
        for key in PLUGIN.NEEDED:
            self.refused(wrong, "lacks " + key, plan(**{key: None}))
        for key in PLUGIN.TEXTS:
            self.refused(wrong, key + " is not a text", plan(**{key: 5}))
        self.refused(wrong, "version is not a number", plan(version="1.2"))
        for arches in ([], "x86_64", [1]):
            self.refused(wrong, "arches is not a list", plan(arches=arches))
        for batches in ({}, "tool", ["tool"]):
            self.refused(wrong, "batches is not", plan(batches=batches))
        for component in ("tool", {"name": "tool"}, {"name": "tool", "url": 7}):
            self.refused(wrong, "a component has no", plan(batches=[[component]]))
        self.refused(wrong, "this hub takes 2000000", plan(modulemd="x" * 2000000))

    def test_a_site_decides_by_a_file_and_a_broken_one_is_named(self):
        with mock.patch.object(PLUGIN, "CONFIG_FILE", str(HERE / "modplan_module_build.conf")):
            self.assertEqual(PLUGIN.settings(), PLUGIN.DEFAULTS)
        broken = mock.Mock(side_effect=ValueError("no section headers"))
        with mock.patch.object(koji, "read_config_files", broken):
            self.refused(koji.ConfigurationError, "no section headers", plan())

    def test_a_hub_without_the_newer_module_and_table_imports_it(self):
        with mock.patch.dict(sys.modules, {"kojihub.kojihub": None}):
            self.assertIs(load().make_task, make_task)
        with mock.patch.object(koji.tasks, "LEGACY_SIGNATURES", None, create=True):
            load()


if __name__ == "__main__":
    unittest.main()
