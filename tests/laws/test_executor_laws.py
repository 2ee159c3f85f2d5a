from __future__ import annotations

import pytest

from skhpo.execution import InlineExecutor, SlotExecutor, ThreadExecutor
from skhpo.testing import ExecutorLaws, VirtualExecutor


class TestInlineExecutor(ExecutorLaws):
    def make_executor(self):
        return InlineExecutor()


class TestThreadExecutor(ExecutorLaws):
    def make_executor(self):
        return ThreadExecutor(3)


class TestSlotExecutor(ExecutorLaws):
    @pytest.fixture(autouse=True)
    def folder(self, tmp_path, monkeypatch):
        monkeypatch.setenv("JOBLIB_TEMP_FOLDER", str(tmp_path))
        yield
        assert not list(tmp_path.rglob("*.*"))

    def make_executor(self):
        return SlotExecutor(2)


class TestVirtualExecutor(ExecutorLaws):
    def make_executor(self):
        return VirtualExecutor(3)
