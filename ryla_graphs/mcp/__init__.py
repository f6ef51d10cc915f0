"""For agents: a ryla_graphs server as an MCP server, over stdio (`ryla-graphs mcp`) and at `/mcp`.

Every tool goes through the HTTP API with the caller's own token, so the API's rules apply to agents, too.
"""

from __future__ import annotations

from ryla_graphs.mcp.api import Api
from ryla_graphs.mcp.gate import Limits
from ryla_graphs.mcp.server import mcp_server

__all__ = ["Api", "Limits", "mcp_server"]
