"""What an agent reads: a summary with the list of tools, the full guide as the resource `ryla://guide`."""

from __future__ import annotations

INSTRUCTIONS = (
    "Makes pictures and videos with ComfyUI graphs. Prefer a ready pipeline: list_pipelines, describe, run. "
    "For a graph of your own: search_nodes, show_node, then validate until it is valid, plan, run. "
    'A link is ["node id", output slot]. Read ryla://guide for the rest.'
)

GUIDE = """# Making pictures with ryla_graphs

1. `list_pipelines`, then `describe` the one that fits. `run` it with the parameters that `describe` lists.
2. Only where no pipeline fits, write a graph: `{"<id>": {"class_type": "…", "inputs": {…}}}`. An input is a value, or a
   link `["<id of the node>", <output slot>]`. Find classes with `search_nodes`, their inputs with `show_node`.
3. `validate` the graph. Each problem names the node and the input, and often has a hint; `explain_problem` says what a
   code means. Mend all of them, validate again.
4. `plan` says the memory, seconds and money that a run takes. `run` refuses what costs more than this server's limit
   unless a person agrees.
5. `run` gives small copies of the pictures and the job's id. A job that takes long goes on; `job` looks at it later.

- Keep the seed of a picture that was good: the same seed and parameters give the same picture.
- A picture as input is a data URL, an https URL, or the id of an output.
- Results of a simulator are marked as simulated: no model ran. Say so to the person you work for.
- `convert` turns a graph into the editor's file, Python or Mermaid.
"""
