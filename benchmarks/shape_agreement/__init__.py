"""How often the simulator and a real ComfyUI agree: prompts that the real one ran, run again without it.

`python -m benchmarks.shape_agreement` prints agreement by kind, `--classes` by class, `--show CLASS` what differs.
The rows are recorded data that does not ship with the package; `--rows FILE` names others of the same form.
"""
