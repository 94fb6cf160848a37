"""Fit and measure the check of free sentences: labelled pairs in, `attribution.json` and figures out.

In: public attribution sets and the corpus's own labelled sentences. Out: figures by cross-validation, each pair scored
by a model that saw no pair of its fold, and so none of its question or claim; with `--fit`, coefficients fitted on all
pairs of the public sets, with the names and hashes of the files. The corpus's own sentences are checked as an answer's
are, and fit nothing here. Run it as `python -m trustbot.evals.attribution --help` says.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trustbot.errors import InvalidInput
from trustbot.evals import pairs
from trustbot.evals.logistic import fit
from trustbot.evals.pairs import Pair
from trustbot.index.chroma import open_index
from trustbot.index.published import up_to_date
from trustbot.index.server import server_of
from trustbot.models.embedding import open_embedder
from trustbot.settings import load_settings
from trustbot.text.terms import Vocabulary
from trustbot.types import Corpus, Quote, Verdict
from trustbot.verify.attribution import check_generated
from trustbot.verify.citations import parse
from trustbot.verify.support import supporter as support
from trustbot.verify.support.alignment import align
from trustbot.verify.support.supporter import CONTRARY, HELPS, NOTHING_KNOWN, Supporter

TARGET = Path(__file__).resolve().parents[1] / "verify" / "support" / support.FILE
STRENGTH = 0.01
"""Inverse of the L2 penalty: the signals say nearly the same, and sets unlike these are to be judged as well."""
RESAMPLES = 200
SEED = 20261
THRESHOLDS = 200
"""Cut-offs that are tried on the other folds for the balanced accuracy on one."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """A pair with its signals."""

    pair: Pair
    signals: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Scored:
    """A pair with what models say of it that were fitted without its fold; `passed` at the cut of the other folds."""

    weighed: Weighed
    probability: float
    consistency: float
    passed: bool


def main(argv: Sequence[str] | None = None) -> int:
    """Weigh every pair, fit if asked to, and print the figures as JSON."""
    args = _arguments(argv)
    settings = load_settings()
    source = open_embedder(settings.embedder, settings.models_dir)
    sets = {name: weigh(found, source, args.most) for name, found in _public(args).items()}
    figures: dict[str, Any] = {name: figures_of(found) for name, found in crossed(sets).items()}
    if args.fit:
        _write(args.out, fitted(sets), args)
        support.fitted.cache_clear()
    if args.own:
        index = open_index(up_to_date(settings), server=server_of(settings))
        supporter = Supporter(source, Vocabulary(index.corpus.vocabulary))
        figures["own"] = own_figures(pairs.own(args.own), index.corpus, supporter)
        index.close()
    sys.stdout.write(json.dumps(figures, indent=1) + "\n")
    return 0


def weigh(found: Sequence[Pair], source: Any, most: int | None = None) -> list[Weighed]:
    """The signals of each pair, of at most `most` of them, evenly spaced."""
    from tqdm import tqdm

    chosen = found[:: max(1, -(-len(found) // most))] if most else found
    weighed = []
    for pair in tqdm(chosen, desc="weighing", disable=None):
        alignment = align(pair.sentence, pair.passages, source)
        vetoes = support.broken(alignment, NOTHING_KNOWN, Vocabulary({}))
        weighed.append(Weighed(pair, support.signals(alignment, vetoes)))
    return weighed


def crossed(sets: Mapping[str, Sequence[Weighed]]) -> dict[str, list[Scored]]:
    """Every pair, scored by models fitted on the other folds of all sets."""
    made: dict[str, list[Scored]] = {name: [] for name in sets}
    for fold in sorted({w.pair.part for found in sets.values() for w in found}):
        others = {name: [w for w in found if w.pair.part != fold] for name, found in sets.items()}
        models = fitted(others)
        for name, found in sets.items():
            cut = _cut(others[name], models["coefficients"])
            for one in (w for w in found if w.pair.part == fold):
                probability = support.logistic(one.signals, models["coefficients"])
                consistency = support.logistic(one.signals, models["consistency"])
                made[name].append(Scored(one, probability, consistency, probability >= cut))
    return made


def fitted(sets: Mapping[str, Sequence[Weighed]]) -> dict[str, dict[str, float]]:
    """The two models: all sets teach what is supported, SciFact what is contradicted.

    Each set weighs the same, however many pairs it has.
    """
    rows = [w for found in sets.values() for w in found]
    groups = [name for name, found in sets.items() for _ in found]
    judged = [w for w in rows if w.pair.kind in (pairs.SUPPORTS, pairs.CONTRADICTS)]
    if not judged:
        raise InvalidInput("No pair is labelled as contradicted. Give --scifact with its --scifact-corpus too.")
    contrary = [{name: w.signals[name] for name in CONTRARY} for w in judged]
    return {
        "coefficients": fit(
            [w.signals for w in rows], [w.pair.supported for w in rows], HELPS, groups=groups, strength=STRENGTH
        ),
        "consistency": fit(contrary, [w.pair.supported for w in judged], HELPS),
    }


def figures_of(found: Sequence[Scored]) -> dict[str, Any]:
    """Figures of the pooled scores of all folds, of the parts of a set, and of a plain baseline."""
    truth = [_label(s) for s in found]
    scores = [s.probability for s in found]
    made: dict[str, Any] = {
        "pairs": len(found),
        "supported": sum(truth),
        "folds": len({s.weighed.pair.part for s in found}),
        "auroc": _auroc(truth, scores),
        "interval": _interval(truth, scores),
        "balanced_accuracy": _balanced(truth, [s.passed for s in found]),
        "at_threshold": _at(truth, [p >= support.THRESHOLD for p in scores]),
        "with_rules": _at(truth, [s.probability >= support.THRESHOLD and not _broken(s.weighed) for s in found]),
        "baseline_auroc": _auroc(
            truth, [(s.weighed.signals["cosine"] + s.weighed.signals["containment"]) / 2 for s in found]
        ),
    }
    kinds = sorted({s.weighed.pair.kind for s in found})
    if pairs.CONTRADICTS in kinds:
        made["against_contradicted"] = _contradicted([s for s in found if s.weighed.pair.kind != pairs.NO_EVIDENCE])
    else:
        parts = {k: [s for s in found if s.weighed.pair.kind == k] for k in kinds}
        made["parts"] = {
            k: {"pairs": len(p), "auroc": _auroc([_label(s) for s in p], [s.probability for s in p])}
            for k, p in parts.items()
            if len({_label(s) for s in p}) > 1
        }
    return made


def own_figures(found: Sequence[Pair], corpus: Corpus, supporter: Supporter) -> dict[str, Any]:
    """By half: the share of planted errors that fall, by kind, and of right sentences that fall as well."""
    made: dict[str, Any] = {}
    for half in ("fit", "check"):
        fallen: dict[str, list[bool]] = {}
        for pair in found:
            if pair.part == half:
                verdict = verdict_on(pair, corpus, supporter)
                fallen.setdefault(pair.kind, []).append(verdict.support != "supported")
        errors = [fell for kind, all_fell in fallen.items() if kind != "faithful" for fell in all_fell]
        alarms = fallen.get("faithful", [])
        made[half] = {
            "detection": _mean(errors), "errors": len(errors), "false_alarms": _mean(alarms), "faithful": len(alarms),
            "fell": {kind: f"{sum(all_fell)} of {len(all_fell)}" for kind, all_fell in sorted(fallen.items())},
        }  # fmt: skip
    return made


def verdict_on(pair: Pair, corpus: Corpus, supporter: Supporter) -> Verdict:
    """What an answer's own check makes of a sentence, cited under its number beside the passages of its pair."""
    quotes = [quote_of(passage, corpus) for passage in pair.passages]
    (verdict,) = check_generated(parse(f"{pair.sentence} [{pair.reference}]"), quotes, corpus, supporter)
    return verdict


def quote_of(passage: str, corpus: Corpus) -> Quote:
    """`passage` as a quote of the corpus; InvalidInput if the corpus doesn't hold it."""
    for chunk in corpus.chunks:
        at = chunk.text.find(passage)
        if at >= 0:
            return Quote(chunk, chunk.start + at, chunk.start + at + len(passage), passage)
    raise InvalidInput(f"The corpus doesn't hold “{passage[:60]}…”. Quote a passage of it word for word.")


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m trustbot.evals.attribution", description=__doc__.split("\n")[0])
    for name in ("attributionbench", "expertqa", "scifact", "scifact-corpus", "own"):
        parser.add_argument(f"--{name}", type=Path, metavar="FILE")
    parser.add_argument("--most", type=int, help="at most this many pairs of each public set, evenly spaced")
    parser.add_argument("--fit", action="store_true", help="fit the models anew on all pairs and write them")
    parser.add_argument("--out", type=Path, default=TARGET, help="where the fitted models are written")
    args = parser.parse_args(argv)
    if bool(args.scifact) != bool(args.scifact_corpus):
        parser.error("--scifact and --scifact-corpus go together")
    if (args.fit or args.attributionbench or args.expertqa) and not args.scifact:
        parser.error("public sets need --scifact beside them, the set that labels contradictions")
    return args


def _public(args: argparse.Namespace) -> dict[str, list[Pair]]:
    made = {}
    if args.attributionbench:
        made["attributionbench"] = pairs.attributionbench(args.attributionbench)
    if args.expertqa:
        made["expertqa"] = pairs.expertqa(args.expertqa)
    if args.scifact:
        made["scifact"] = pairs.scifact(args.scifact, args.scifact_corpus)
    return made


def _write(path: Path, models: Mapping[str, Any], args: argparse.Namespace) -> None:
    files = [f for f in (args.attributionbench, args.expertqa, args.scifact) if f]
    origin = [{"set": f.name, "sha256": hashlib.sha256(f.read_bytes()).hexdigest(), "split": "all"} for f in files]
    path.write_text(json.dumps({**models, "fitted_on": origin}, indent=1) + "\n", encoding="utf-8")


def _label(scored: Scored) -> bool:
    return scored.weighed.pair.supported


def _broken(weighed: Weighed) -> bool:
    return any(value for name, value in weighed.signals.items() if name.startswith("veto_"))


def _contradicted(found: Sequence[Scored]) -> dict[str, Any]:
    """Supported against contradicted: by the consistency, which is made for it, and by the probability of support."""
    truth = [_label(s) for s in found]
    consistency = [s.consistency for s in found]
    return {
        "pairs": len(found),
        "contradicted": len(found) - sum(truth),
        "auroc": _auroc(truth, consistency),
        "interval": _interval(truth, consistency),
        "auroc_of_probability": _auroc(truth, [s.probability for s in found]),
    }


def _cut(fitting: Sequence[Weighed], weights: Mapping[str, float]) -> float:
    """The cut-off of best balanced accuracy on the pairs that a model was fitted on."""
    import numpy as np

    truth, scores = [w.pair.supported for w in fitting], [support.logistic(w.signals, weights) for w in fitting]
    if len(set(truth)) < 2:
        return support.THRESHOLD
    cuts = np.quantile(scores, np.linspace(0, 1, THRESHOLDS))
    return float(max(cuts, key=lambda cut: _balanced(truth, [s >= cut for s in scores])))


def _at(truth: Sequence[bool], passed: Sequence[bool]) -> dict[str, float]:
    """What an operating point lets pass: of what is supported, and of what isn't."""
    return {
        "supported_pass": _mean([p for p, t in zip(passed, truth, strict=True) if t]),
        "unsupported_pass": _mean([p for p, t in zip(passed, truth, strict=True) if not t]),
    }


def _balanced(truth: Sequence[bool], passed: Sequence[bool]) -> float:
    at = _at(truth, passed)
    return round((at["supported_pass"] + 1 - at["unsupported_pass"]) / 2, 4)


def _mean(values: Sequence[bool]) -> float:
    return round(sum(values) / len(values), 4) if values else 0.0


def _auroc(truth: Sequence[bool], scores: Sequence[float]) -> float:
    from sklearn.metrics import roc_auc_score

    return round(float(roc_auc_score(truth, scores)), 4) if len(set(truth)) > 1 else float("nan")


def _interval(truth: Sequence[bool], scores: Sequence[float]) -> list[float]:
    """The 95 % interval of the AUROC, by bootstrap over pairs."""
    import numpy as np

    chance = np.random.default_rng(SEED)
    labels, values = np.array(truth), np.array(scores)
    drawn = (chance.integers(0, len(labels), len(labels)) for _ in range(RESAMPLES))
    found = [_auroc(labels[i].tolist(), values[i].tolist()) for i in drawn if len(set(labels[i].tolist())) > 1]
    return [round(float(q), 3) for q in np.quantile(found, [0.025, 0.975])] if found else []


if __name__ == "__main__":
    raise SystemExit(main())
