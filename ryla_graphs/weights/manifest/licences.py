"""The licences of weight files."""

from __future__ import annotations

from ryla_graphs.weights.weight import UNKNOWN, Licence


def unknown(page: str, why: str) -> Licence:
    """The licence to accept for a file whose real licence was not looked up."""
    return Licence(name=UNKNOWN, commercial=False, restriction=why, url=page)


APACHE = Licence(name="Apache-2.0", commercial=True, url="https://www.apache.org/licenses/LICENSE-2.0")
MIT = Licence(name="MIT", commercial=True, url="https://opensource.org/license/mit")
OPENRAIL = Licence(
    name="CreativeML-OpenRAIL++-M",
    commercial=True,
    restriction="forbids a list of harmful uses, and wants the list passed on",
    url="https://huggingface.co/stabilityai/stable-diffusion-xl-base-1.0/blob/main/LICENSE.md",
)
OPENRAIL_M = Licence(
    name="CreativeML-OpenRAIL-M",
    commercial=True,
    restriction="forbids a list of harmful uses, and wants the list passed on",
    url="https://huggingface.co/spaces/CompVis/stable-diffusion-license",
)
BSD = Licence(name="BSD-3-Clause", commercial=True, url="https://opensource.org/license/bsd-3-clause")
# According to utensils.io/mold, for all of LTX-Video since 0.9.5; the text at the URL could not be read here.
LTX_VIDEO = Licence(
    name="LTX-Video Open Weights",
    commercial=True,
    restriction="companies that earn 10 million dollars a year need a licence from Lightricks; forbids harmful uses",
    url="https://huggingface.co/Lightricks/LTX-Video/blob/main/ltx-video-2b-v0.9.5.license.txt",
)
FLUX_DEV = Licence(
    name="flux-1-dev-non-commercial",
    commercial=False,
    restriction="running it commercially needs a licence from Black Forest Labs",
    url="https://huggingface.co/black-forest-labs/FLUX.1-dev/blob/main/LICENSE.md",
)
INSIGHTFACE = Licence(
    name="InsightFace non-commercial",
    commercial=False,
    restriction="for research only; commercial use needs a licence from InsightFace",
    url="https://github.com/deepinsight/insightface#license",
)
CC_BY_NC = Licence(
    name="CC-BY-NC-4.0",
    commercial=False,
    restriction="no commercial use",
    url="https://creativecommons.org/licenses/by-nc/4.0/",
)
AGPL = Licence(
    name="AGPL-3.0",
    commercial=True,
    restriction="a service that uses it must offer its source code to its users",
    url="https://www.gnu.org/licenses/agpl-3.0.html",
)
