"""torch-fidelity: its Inception with random weights, TensorFlow 1's resize, and its measures of features."""

import exchange
import torch
from random_inception import random_weights
from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3
from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric
from torch_fidelity.metric_isc import isc_features_to_metric
from torch_fidelity.metric_kid import kid_features_to_metric
from torch_fidelity.metric_prc import prc_features_to_metric

weights = exchange.folder / "inception.pth"
torch.save(random_weights(), weights)
names = ["2048", "logits_unbiased", "logits"]
net = FeatureExtractorInceptionV3("random", names, feature_extractor_weights_path=str(weights))
pixels = torch.round((exchange.images("x") + 1) * 127.5).to(torch.uint8)
features, logits, biased = net(pixels)

first, second = (torch.tensor(exchange.given[name]) for name in ("first", "second"))
statistics = [fid_features_to_statistics(set) for set in (first, second)]
frechet = fid_statistics_to_metric(*statistics, verbose=False)
kernel = kid_features_to_metric(first, second, kid_subsets=1, kid_subset_size=len(first), verbose=False)
score = isc_features_to_metric(first, splits=10, shuffle=False)
nearest = prc_features_to_metric(second, first, save_cpu_ram=False, verbose=False)
exchange.answer(
    features=features,
    logits=logits,
    biased=biased,
    frechet=frechet["frechet_inception_distance"],
    kernel=kernel["kernel_inception_distance_mean"],
    score=[score["inception_score_mean"], score["inception_score_std"]],
    nearest=[nearest["precision"], nearest["recall"]],
)
