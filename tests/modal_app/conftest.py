"""These tests need modal, and the protocol that the loopback control plane was written for."""

from __future__ import annotations

import pytest

pytest.importorskip("modal", reason="modal is not installed (pip install 'ryla-graphs[modal]')")
