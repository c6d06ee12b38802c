"""Files between being read and being saved."""

import os
import time
from uuid import uuid4

import pytest

from consult.drafting import uploads
from consult.drafting.uploads import KEPT_SECONDS, UploadGone


class TestUploads:
    def test_a_file_is_found_again_by_whoever_sent_it(self, tmp_path):
        person = uuid4()

        word = uploads.keep(tmp_path / "imports", person, "gold.md", b"# Gold\n\nShall shine.")

        assert uploads.find(tmp_path / "imports", person, word) == uploads.Upload(
            "gold.md", b"# Gold\n\nShall shine."
        )

    def test_nobody_else_finds_it(self, tmp_path):
        word = uploads.keep(tmp_path, uuid4(), "gold.md", b"x")

        with pytest.raises(UploadGone):
            uploads.find(tmp_path, uuid4(), word)

    @pytest.mark.parametrize("word", ["../../etc/passwd", "short", "a" * 32])
    def test_a_word_that_names_no_file_is_refused(self, tmp_path, word):
        with pytest.raises(UploadGone):
            uploads.find(tmp_path, uuid4(), word)

    def test_a_file_is_dropped_after_a_day(self, tmp_path):
        person = uuid4()
        word = uploads.keep(tmp_path, person, "old.md", b"x")
        long_ago = time.time() - KEPT_SECONDS - 1
        os.utime(tmp_path / word, (long_ago, long_ago))

        with pytest.raises(UploadGone):
            uploads.find(tmp_path, person, word)
        uploads.keep(tmp_path, person, "new.md", b"y")
        assert not (tmp_path / word).exists()

    def test_only_the_process_may_read_it(self, tmp_path):
        word = uploads.keep(tmp_path / "imports", uuid4(), "gold.md", b"x")

        assert (tmp_path / "imports" / word).stat().st_mode & 0o077 == 0
