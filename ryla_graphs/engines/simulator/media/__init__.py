"""Video and sound: reads input files, cuts and mixes them, and writes playable files. Needs the extra `media`."""

from __future__ import annotations

from ryla_graphs.engines.simulator.media.content import give_media
from ryla_graphs.engines.simulator.media.pyav import has_pyav
from ryla_graphs.engines.simulator.media.reading import read_media
from ryla_graphs.engines.simulator.media.sound import Sound, planes_of
from ryla_graphs.engines.simulator.media.writing import Encoding, sound_file, video_file

__all__ = ["Encoding", "Sound", "give_media", "has_pyav", "planes_of", "read_media", "sound_file", "video_file"]
