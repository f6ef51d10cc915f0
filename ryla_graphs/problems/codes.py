"""The register of codes: every word that a `Problem` may carry for programs, with its tier, level and meaning.

`docs/validation.md`, `docs/errors.md` and the OpenAPI description are written from it. Codes of tier 1 are the
error types of ComfyUI's own server wherever it has one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

Level = Literal["error", "warning", "note"]
"""An error stops a compile, a warning is worth a look, a note is harmless."""
Tier = Literal[1, 2, 3]
"""Who finds it: 1 ComfyUI's server before it queues a prompt, 2 the server too late or never, 3 one deployment."""
Group = Literal[
    "server", "graph", "families", "reading", "python", "preset", "plan", "request", "weights", "deployment"
]


class Code(NamedTuple):
    """One row of the register."""

    group: Group
    tier: Tier
    level: Level
    """The level it usually has."""
    meaning: str


def _rows(group: Group, tier: Tier, level: Level, **meanings: str) -> dict[str, Code]:
    return {code: Code(group, tier, level, meaning) for code, meaning in meanings.items()}


CODES: Mapping[str, Code] = {
    **_rows(
        "server",
        1,
        "error",
        required_input_missing="a required input is not given",
        bad_linked_input="a link that is not `[node id, output slot]`",
        return_type_mismatch="a link of another type than the input takes",
        invalid_input_type="a value that cannot be converted to the type of the input",
        value_smaller_than_min="a number below the minimum",
        value_bigger_than_max="a number above the maximum",
        value_not_in_list="the value is not one of the choices",
        custom_validation_failed="the node's own check refuses the value",
        dependency_cycle="the node depends on its own output",
        missing_node_type="the catalog has no such node class",
        prompt_no_outputs="no node saves or shows anything",
        link_to_missing_node="a link to a node that does not exist; the server raises, or stops running prompts",
        link_to_missing_output="a link to an output that its node does not have; the server raises",
        value_cannot_be_compared="a value that cannot be compared with the minimum or maximum; the server raises",
        custom_validation_broke="the node's own check raises",
        node_without_inputs="the node has no `inputs` object; the server cannot read it, or stops running prompts",
        malformed_prompt="the server cannot read the prompt and answers 500",
    ),
    **_rows(
        "graph",
        2,
        "error",
        unknown_input="an input name that the class does not have",
        unknown_choice="an unknown option of a dynamic choice; its inputs are not checked, and the node fails",
        not_a_wire="a text or number where a link, such as a MODEL, is required; the node crashes when it runs",
        mismatched_types="inputs that must have the same type have different ones",
        not_json="a value that JSON cannot hold",
    ),
    **_rows(
        "graph", 3, "note", choice_of_pack="a sampler or scheduler that exists only if a certain pack is installed"
    ),
    **_rows(
        "graph",
        2,
        "warning",
        off_step="a number between two steps: the model pads or crops, and the editor shows another number",
        unreached_node="no output needs the node, so it is neither checked nor run",
        too_deep="a chain of more than 900 nodes ends the thread that runs prompts (ComfyUI 0.33 on CPython 3.11)",
        replaced_class="an old class that the server replaces with a newer one",
        broken_metadata="a part of a file's metadata is broken; the rest was read",
    ),
    **_rows(
        "graph",
        2,
        "note",
        files_came_along="the request that the graph was read from also contained input files",
        more_problems="a rule found thousands of problems and was stopped",
    ),
    **_rows(
        "families",
        2,
        "error",
        controlnet_family="a ControlNet for another family",
        controlnet_without_pooled="a ControlNet that needs a pooled text vector, which this text does not have",
        adapter_width="attention patches of another width than the model's",
        adapter_family="a patch, a style model or an adapter for another family",
        adapter_without_effect="a patch for layers that the model does not have",
        conditioning_family="the text of another family, although the right text encoder is in the graph",
        text_encoder_family="a text encoder of another family",
        lumina_text_encoder="the wrong text encoder for Lumina 2 or Z-Image",
        flux2_text_encoder="the wrong text encoder for Flux.2",
        latent_with_fewer_channels="a latent with fewer channels than the model",
        latent_with_more_channels="a latent with more channels than the model",
        latent_family="a latent with the right number of channels, but of another family: the picture is garbage",
        vae_family="a VAE for other latents",
        lora_family="a LoRA for another family, which ComfyUI ignores without an error",
        model_family="merging models of different families, which merges nothing",
        image_encoder_family="the wrong image encoder for the model",
        mistaken_socket="a detector, a face recogniser or face tokens where a model or a text belongs",
        not_a_checkpoint="a file without a part that the loader needs, such as a text encoder",
        wrong_file_kind="a file of another kind than the loader loads",
    ),
    **_rows(
        "families",
        2,
        "warning",
        setting_family="a setting that this model ignores or interprets differently",
        guidance_without_effect="`FluxGuidance` on Flux.1 schnell, which ignores it",
        cfg_too_high="a cfg that burns the picture",
        same_text_twice="the same conditioning as positive and negative: cfg has no effect and doubles the time",
        unused_patch="a patched MODEL or CLIP that nothing uses",
    ),
    **_rows(
        "reading",
        2,
        "error",
        recursive_subgraph="a subgraph that contains itself; the instance is left out",
        broken_link="a link in the editor's file leads nowhere; only a warning if a value replaces it",
        unknown_class="a class that only the file itself describes; only a warning if the file names all values",
    ),
    **_rows(
        "reading",
        2,
        "warning",
        malformed_file="a part of the file cannot be read and is skipped",
        duplicate_node_id="two nodes have the same id; the second is left out",
        needs_browser="a value that only the editor's window can produce; an empty text is sent instead",
        not_muted="a muted or bypassed subgraph inside another one, whose nodes the editor sends all the same",
        not_text="a file name that is not a string; it is sent as it is, where the editor stops",
    ),
    **_rows(
        "reading",
        2,
        "note",
        dynamic_prompt="choices in a text were made, or comments removed",
        unknown_token="an unknown token in a file name; it stays as it is",
    ),
    **_rows(
        "python",
        2,
        "error",
        bad_name="an invalid node id",
        duplicate_name="two nodes have the same name",
        positional_input="inputs given by position; they must be keyword arguments",
        unknown_node="no node has this id",
        not_a_node="something that is not a node or output where one belongs",
        bad_axis="an axis of a sweep that the preset cannot take",
        too_many_cells="a sweep with more cells than allowed",
    ),
    **_rows(
        "preset",
        2,
        "error",
        missing_parameter="a required parameter is not given",
        unknown_parameter="the preset has no such parameter",
        bad_parameter="a parameter is out of range, has the wrong type, or would have no effect",
        pipeline_failed="a user's own pipeline raised, took too long, or did not return a workflow",
    ),
    **_rows("preset", 2, "warning", negative_without_effect="a negative prompt at cfg 1, where it has no effect"),
    **_rows(
        "preset",
        2,
        "note",
        face_outcomes="what happens if there is no face, or several",
        mask_outcomes="what is redrawn if no mask is given",
    ),
    **_rows(
        "plan",
        3,
        "error",
        no_gpu_fits="none of the GPUs can run the graph",
        too_expensive="no GPU runs the graph for the price that was asked for",
        too_large="a picture has more pixels than allowed",
        too_many_pictures="more pictures or frames at once than allowed",
        too_many_steps="more steps than allowed",
        too_much_work="more megapixels times steps than allowed",
        too_long="more seconds of sound than allowed",
        too_many_nodes="more nodes than allowed",
        too_many_inputs="more inputs, over all nodes, than allowed",
        chain_too_long="more nodes in one chain than allowed",
        too_many_characters="more text, over all nodes, than allowed",
        unbounded="only a run can tell the size, but a limit applies to it",
        comfyui_too_old="this version of ComfyUI does not have the class yet",
        unknown_pack="a node class of an unknown pack",
        catalog_of_another_comfyui="a lock promises node classes that its ComfyUI does not have",
    ),
    **_rows(
        "request",
        3,
        "error",
        bad_input="what was given for an input file is not a file",
        input_elsewhere="an input file is only a URL or the id of an asset, and nothing here fetches it",
        missing_asset="the asset does not exist, or not any more",
        unused_input="an input file that the graph does not use",
        input_not_given="the graph uses a file that did not come with the request",
        input_too_large="an input file has too many bytes, pixels or frames",
        unsupported_media="an input file of an unsupported kind",
        broken_media="an input file cannot be read",
        url_refused="this server does not fetch from that URL",
        url_failed="fetching the URL failed",
        webhook_refused="this server does not post to that URL",
        not_a_lora="the file is not a LoRA",
        class_not_allowed="the node class is not allowed on this server",
    ),
    **_rows(
        "weights",
        3,
        "error",
        missing_file="the file is not in its folder",
        unreadable_file="the file cannot be read",
        misplaced_file="the file is in another folder than it is loaded from",
        renamed_file="the content of the file is something else than its name says",
        truncated_file="the end of the file is missing",
        empty_file="the file is empty",
        bad_header="the header does not match the file",
        not_safetensors="the file is not a safetensors file",
        not_weights="the file contains no weights",
        wrong_hash="the content differs from the published file of this name",
        wrong_bytes="the downloaded file has another hash than the published one",
        other_file="another file is in the place of this one",
        disk_full="there is not enough space for the file",
        disk_failed="writing to the disk failed",
        connection_lost="the connection broke before all bytes came",
        source_changed="the source has another file than the manifest says",
        source_failed="the source answers with an error",
        source_gone="the file is not at its source any more",
        source_refused="the graph names a URL that weights are not downloaded from",
        source_unreachable="the source does not answer",
        gated="the repository is gated: accept its terms on its page first",
        token_missing="the repository requires a token",
        token_wrong="the source refuses the token",
        licence_not_accepted="the licence was not accepted",
        licence_forbids="the licence forbids this use",
    ),
    **_rows(
        "weights",
        3,
        "warning",
        other_size="the file has another size than the known one",
        pickled_file="a pickle: loading it may run code",
    ),
    **_rows(
        "deployment",
        3,
        "error",
        weights_missing="a weight file is not on the deployment's volume",
        no_such_gpu="the deployment does not have this GPU",
        no_gpu_choice="the deployment has only one kind of machine",
        no_face_meter="the deployment does not measure faces",
        method_lacks="the engine lacks nodes or weights for this way to keep a face",
        no_route="why a route of this server cannot run the graph",
        refused_by_worker="a RunPod worker refuses a node; the message is the worker's",
        class_not_here="the container does not have the node class",
        partner_nodes_off="a node calls a paid service, and this server allows none",
        partner_key_missing="a node calls a paid service, and there is no key for it",
        partner_price_unknown="a node calls a service without a known price, but the cost of a job is limited",
        partner_cost="the paid services would cost more than a job may spend here",
    ),
}
"""All codes."""
