"""These tests need modal, and the protocol that the loopback control plane was written for."""

from __future__ import annotations

from tests.modal_app.fixtures import needs_modal

needs_modal()
