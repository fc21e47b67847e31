"""Write NumPy's ziggurat tables for the normal distribution, as its library has them, to src/rng/ziggurat.generated.ts.

    pip install numpy==2.4.6 && python packages/core/tables/ziggurat.py     (Linux; needs binutils)

They can't be computed when the package loads: their definition (Marsaglia and Tsang 2000), evaluated in float64, in
extended or in arbitrary precision, differs from NumPy's numbers in the last digits.
"""

import base64
import subprocess
import tempfile
from pathlib import Path

import numpy

archive = Path(numpy.__file__).parent / "random/lib/libnpyrandom.a"
member = "src_distributions_distributions.c.o"


def run(*command):
    return subprocess.run(command, check=True, capture_output=True).stdout


with tempfile.TemporaryDirectory() as folder:
    (object_file := Path(folder) / "object").write_bytes(run("ar", "p", archive, member))
    run("objcopy", "-O", "binary", "-j", ".rodata", object_file, section := Path(folder) / "rodata")
    data = section.read_bytes()
    symbols = {line.split()[2]: int(line.split()[0], 16) for line in run("nm", object_file).decode().splitlines() if len(line.split()) == 3}

table = {name: data[symbols[name] : symbols[name] + 2048] for name in ("ki_double", "wi_double", "fi_double")}
inside = numpy.frombuffer(table["ki_double"], "<u8").astype("<f8").tobytes()  # below 2^52, so exact
text = base64.b64encode(inside + table["wi_double"] + table["fi_double"]).decode()
Path(__file__).parents[1].joinpath("src/rng/ziggurat.generated.ts").write_text(
    f"// Made from NumPy {numpy.__version__} by `python packages/core/tables/ziggurat.py`.\n"
    f"export const tablesBase64 =\n  '{text}'\n"
)
