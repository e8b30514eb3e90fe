"""Show why a run diverged: `python -m launch.replay --workdir=runs/cmu`.

Computes the non-finite steps of the run's dump again, from the state before them, the seed and the step numbers.
"""

from absl import flags

from geolift.compile_cache import keep_programs
from geolift.training.divergence import replay
from launch import program

WORKDIR = flags.DEFINE_string("workdir", None, "Folder of a run that diverged.", required=True)


def main() -> None:
    keep_programs()
    for bad in replay(WORKDIR.value):
        print(f"step {bad.step}: largest coordinate of its poses {bad.largest:.3g}")
        for what, values in (("metric", bad.metrics), ("gradient", bad.gradients)):
            for name, value in values.items():
                print(f"  {what:8} {name:28} {value:12.5g}{'' if abs(value) < float('inf') else '  <- not finite'}")
        for network, path in bad.first.items():
            print(f"  {network}: first array of its gradient that is not finite: {path}")


if __name__ == "__main__":
    program.run(main)
