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
        bad_linked_input="a list that is no [node id, output slot]",
        return_type_mismatch="a wire of another type than the input takes",
        invalid_input_type="a value that cannot be read as what the input takes",
        value_smaller_than_min="a number below the minimum",
        value_bigger_than_max="a number above the maximum",
        value_not_in_list="none of the choices",
        custom_validation_failed="the node's own check refuses the value",
        dependency_cycle="the node needs its own output",
        missing_node_type="the catalog has no such class",
        prompt_no_outputs="no node saves or shows anything",
        link_to_missing_node="a link to a node that is not there; the server raises",
        link_to_missing_output="a link to an output that its node does not have; the server raises",
        value_cannot_be_compared="a value that cannot be compared with the limits; the server raises",
        custom_validation_broke="the node's own check raises",
        node_without_inputs="the node has no `inputs` object; the server cannot read it",
        malformed_prompt="the server cannot read the prompt and answers 500",
    ),
    **_rows(
        "graph",
        2,
        "error",
        unknown_input="an input name that the class does not have",
        unknown_choice="the inputs of a dynamic choice are dropped from the checks; the node fails when it runs",
        not_a_wire="a text or number stands where a MODEL must be wired; the node crashes when it runs",
        mismatched_types="inputs that must match carry different types",
        not_json="a value that JSON cannot hold",
    ),
    **_rows("graph", 3, "note", choice_of_pack="a sampler or scheduler that only servers with a certain pack have"),
    **_rows(
        "graph",
        2,
        "warning",
        off_step="the model pads or crops; the editor shows another number",
        unreached_node="no output needs the node: it is neither checked nor run",
        too_deep="the server's recursion ends at 984 nodes in a chain (ComfyUI 0.33 on CPython 3.11)",
        replaced_class="an old class that the server runs as another one",
        broken_metadata="a part of a file's metadata that is broken; the rest of it was read",
    ),
    **_rows(
        "graph",
        2,
        "note",
        files_came_along="input files stood in the request that a graph was read from",
        more_problems="a rule found thousands of problems, and was stopped",
    ),
    **_rows(
        "families",
        2,
        "error",
        controlnet_family="a ControlNet for another family",
        controlnet_without_pooled="a ControlNet that needs the pooled vector of a text that has none",
        adapter_width="attention patches of another width",
        adapter_family="a patch, a style model or an adapter for another family",
        adapter_without_effect="a patch for layers that this model does not have",
        conditioning_family="the text of another family, while the right encoder is in the graph",
        text_encoder_family="a text encoder of another family",
        lumina_text_encoder="a wrong encoder for Lumina 2 or Z-Image",
        flux2_text_encoder="a wrong encoder for Flux.2",
        latent_with_fewer_channels="a latent with fewer channels than the model's",
        latent_with_more_channels="a latent with more channels than the model's",
        latent_family="as many channels, but another family's: the picture is garbage",
        vae_family="a VAE of other latents",
        lora_family="a LoRA of another family: it is ignored without an error",
        model_family="two models of different families merged: nothing is merged",
        image_encoder_family="another image encoder than the model reads",
        mistaken_socket="a detector, a face recogniser or face tokens where a model or a text is meant",
        not_a_checkpoint="a file that holds less than the loader takes from it",
        wrong_file_kind="a file of another kind than the loader loads",
    ),
    **_rows(
        "families",
        2,
        "warning",
        setting_family="a setting that the model does not read, or reads otherwise",
        guidance_without_effect="`FluxGuidance` on Flux.1 schnell, which reads none",
        cfg_too_high="a cfg that burns the picture",
        same_text_twice="one conditioning as positive and negative: cfg has no effect, and doubles the time",
        unused_patch="a patched MODEL or CLIP that nothing uses",
    ),
    **_rows(
        "reading",
        2,
        "error",
        recursive_subgraph="a subgraph that contains itself; the instance is left out",
        broken_link="a link of the editor's file that leads nowhere; a warning where a value stands in for it",
        unknown_class="a class that only the file itself describes; a warning where it names all values",
    ),
    **_rows(
        "reading",
        2,
        "warning",
        malformed_file="a part of the file that cannot be read and is passed over",
        duplicate_node_id="two nodes of one id; the second is left out",
        needs_browser="a value that only the editor's own window can make; an empty text goes out",
        not_muted="a subgraph in another that is muted or bypassed, whose nodes the editor sends all the same",
        not_text="a file name that is no text; it goes out as it is, where the editor stops",
    ),
    **_rows(
        "reading",
        2,
        "note",
        dynamic_prompt="choices of the text were made, or comments removed",
        unknown_token="a token in a file name that nothing is known of; it stays",
    ),
    **_rows(
        "python",
        2,
        "error",
        bad_name="an id that cannot be one",
        duplicate_name="two nodes of one name",
        positional_input="inputs given by position, which are keywords",
        unknown_node="an id that no node has",
        not_a_node="something else where a node belongs",
        bad_axis="an axis of a sweep that the preset cannot take",
        too_many_cells="a sweep of more cells than are run",
    ),
    **_rows(
        "preset",
        2,
        "error",
        missing_parameter="a required parameter is not given",
        unknown_parameter="a parameter name that the preset does not have",
        bad_parameter="a parameter that is out of range, of another type, or without effect",
        pipeline_failed="the code of a user's own pipeline raised, took too long, or made no workflow",
    ),
    **_rows("preset", 2, "warning", negative_without_effect="a negative prompt at cfg 1"),
    **_rows(
        "preset",
        2,
        "note",
        face_outcomes="what happens where there is no face, or several",
        mask_outcomes="what is redrawn where no mask is given",
    ),
    **_rows(
        "plan",
        3,
        "error",
        no_gpu_fits="no GPU of the list can run the graph",
        too_expensive="no GPU runs it for the price that was named",
        too_large="more pixels than one picture may have here",
        too_many_pictures="more pictures or frames at once than are allowed here",
        too_many_steps="more steps than are allowed here",
        too_much_work="more megapixels times steps than are allowed here",
        too_long="more seconds of sound than are allowed here",
        too_many_nodes="more nodes than are allowed here",
        too_many_inputs="more inputs of all nodes together than are allowed here",
        unbounded="a size that only a run can tell, where a limit must hold",
        comfyui_too_old="a class that this ComfyUI does not have yet",
        unknown_pack="a node class of no pack that is known",
        catalog_of_another_comfyui="a lock that promises node classes which its ComfyUI does not have",
    ),
    **_rows(
        "request",
        3,
        "error",
        bad_input="an input file that is none",
        input_elsewhere="an input file that is only an address or the id of an asset, where nothing fetches it",
        missing_asset="an asset that is not there, or gone",
        unused_input="an input file that the graph does not name",
        input_not_given="the graph names a file that did not come with the request",
        input_too_large="an input file with too many bytes, pixels or frames",
        unsupported_media="an input file of a kind that is not taken",
        broken_media="an input file that cannot be read",
        url_refused="an address that this server does not fetch from",
        url_failed="an address that does not give the file",
        webhook_refused="an address that this server does not post to",
        not_a_lora="a file that is no LoRA",
        class_not_allowed="a node class that is not allowed on this server",
    ),
    **_rows(
        "weights",
        3,
        "error",
        missing_file="the file is not in its folder",
        unreadable_file="the file cannot be read",
        misplaced_file="the file lies in another folder than it is loaded from",
        renamed_file="the file has another name than the loader asks for",
        truncated_file="the file ends too early",
        empty_file="the file is empty",
        bad_header="the header does not fit the file",
        not_safetensors="the file is no safetensors file",
        not_weights="the file holds no weights",
        wrong_hash="the file has another content than its name says",
        wrong_bytes="what was fetched has another hash",
        other_file="another file lies where this one belongs",
        disk_full="there is no room for the file",
        disk_failed="the disk refuses the file",
        connection_lost="the connection broke before all bytes came",
        source_changed="the source gives another file than it announced",
        source_failed="the source answers with an error",
        source_gone="the file is no longer where it was",
        source_refused="an address in a graph that weights are not fetched from",
        source_unreachable="the source cannot be reached",
        gated="the repository gives files only to accounts that accepted its terms",
        token_missing="the repository asks for a token",
        token_wrong="the token is not taken",
        licence_not_accepted="the licence was not accepted",
        licence_forbids="the licence forbids this use",
    ),
    **_rows(
        "weights",
        3,
        "warning",
        other_size="the file has another size than the one that is known",
        pickled_file="a pickle: loading it may run code",
    ),
    **_rows(
        "deployment",
        3,
        "error",
        weights_missing="a weight file is not on the deployment's volume",
        no_such_gpu="a GPU that the deployment does not have",
        no_gpu_choice="the deployment has one kind of machine",
        no_face_meter="the deployment measures no faces",
        method_lacks="a way to keep a face has nodes or weights that the engine lacks",
        no_route="why one of a server's routes cannot run the graph",
        refused_by_worker="a worker at RunPod refuses a node; the message is its own",
        class_not_here="a node class that the container does not have",
        partner_nodes_off="a node calls a paid service, and the server allows none",
        partner_key_missing="a node calls a paid service, and there is no key for it",
        partner_price_unknown="a node calls a service without a known price, where what a job may spend is limited",
        partner_cost="the paid services cost more than a job may spend here",
    ),
}
"""All codes."""
