from __future__ import annotations

import os
import stat
import threading

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from skhpo.exceptions import ExecutionError
from skhpo.execution.shared import SharedFolder, load_shared

LARGE = np.arange(200_000, dtype=float)


@pytest.fixture
def folder(tmp_path):
    folder = SharedFolder(str(tmp_path))
    yield folder
    folder.remove()
    folder.remove()
    assert not os.listdir(tmp_path)


def arrays_in(folder):
    return [name for name in os.listdir(folder.path) if name.endswith(".npy")]


def there_and_back(folder, obj):
    folder.dump(obj)
    return load_shared(folder.path)


@pytest.mark.skipif(os.name != "posix", reason="has no modes")
def test_is_private(folder):
    assert stat.S_IMODE(os.stat(folder.path).st_mode) == 0o700


def test_large_array_is_mapped_read_only(folder):
    back = there_and_back(folder, {"X": LARGE})["X"]
    assert isinstance(back, np.memmap)
    assert not back.flags.writeable
    np.testing.assert_array_equal(back, LARGE)


def test_same_array_is_stored_once_and_stays_the_same(folder):
    one, two, three = there_and_back(folder, [LARGE, LARGE, LARGE[:]])
    assert one is two is three
    assert len(arrays_in(folder)) == 1


def test_parts_of_an_array_are_not_the_array(folder):
    matrix = LARGE.reshape(2, -1)
    back = there_and_back(folder, [matrix, matrix.T, LARGE])
    for expected, array in zip([matrix, matrix.T, LARGE], back, strict=True):
        np.testing.assert_array_equal(array, expected)
        assert array.strides == expected.strides


@pytest.mark.parametrize(
    "array",
    [
        LARGE[:10].copy(),
        np.full(200_000, None, dtype=object),
        np.ma.masked_array(LARGE, LARGE < 5),
        np.zeros(100_000, dtype=[("a", float), ("b", object)]),
    ],
    ids=["small", "objects", "subclass", "records"],
)
def test_other_arrays_are_pickled(folder, array):
    back = there_and_back(folder, array)
    assert not arrays_in(folder)
    assert type(back) is type(array)
    assert str(back) == str(array)


@pytest.mark.parametrize("dtype", ["M8[s]", "U4", "S8", "complex64", "?"])
def test_plain_dtypes(folder, dtype):
    array = np.zeros(1_200_000, dtype="int64").astype(dtype)
    back = there_and_back(folder, array)
    assert arrays_in(folder)
    assert back.dtype == array.dtype
    np.testing.assert_array_equal(back[:5], array[:5])


def test_a_memory_map_of_the_users_is_not_read_into_memory(folder, tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "X.npy"
    np.save(path, LARGE)
    back = there_and_back(folder, np.load(path, mmap_mode="r"))
    assert len(arrays_in(folder)) == 1
    np.testing.assert_array_equal(back, LARGE)


def test_data_frame_and_sparse_matrix(folder):
    frame = pd.DataFrame({"a": LARGE, "b": LARGE + 1, "c": "text"})
    sparse = scipy.sparse.csr_matrix(LARGE.reshape(400, 500))
    back_frame, back_sparse = there_and_back(folder, (frame, sparse))
    pd.testing.assert_frame_equal(back_frame, frame)
    assert (back_sparse != sparse).nnz == 0
    assert isinstance(back_sparse.data, np.memmap)
    assert len(arrays_in(folder)) >= 2


def test_functions_of_the_main_script_are_carried_along(folder):
    offset = 3
    assert there_and_back(folder, lambda x: x + offset)(4) == 7


def test_what_cannot_be_pickled(folder):
    with pytest.raises(ExecutionError, match="cannot be pickled") as info:
        folder.dump({"lock": threading.Lock()})
    assert "joblib.parallel_config('threading')" in str(info.value)


def full_disk(*args, **kwargs):
    raise OSError(28, "No space left on device")


def test_full_disk_under_an_array(folder, monkeypatch):
    monkeypatch.setattr(np, "save", full_disk)
    with pytest.raises(ExecutionError, match="No space left") as info:
        folder.dump([LARGE])
    assert folder.path in str(info.value)
    assert "JOBLIB_TEMP_FOLDER" in str(info.value)


def test_full_disk_under_the_rest(folder, monkeypatch):
    monkeypatch.setattr("builtins.open", full_disk)
    with pytest.raises(ExecutionError, match="No space left"):
        folder.dump([1])


def test_folder_that_cannot_be_created(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ExecutionError, match="cannot be written to"):
        SharedFolder(str(tmp_path / "file"))
