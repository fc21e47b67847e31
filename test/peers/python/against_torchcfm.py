"""torchcfm: states and velocities of straight paths, and plans of optimal transport in a batch. There t = 1 is data."""

import exchange
import torch
from torchcfm.conditional_flow_matching import ConditionalFlowMatcher
from torchcfm.optimal_transport import OTPlanSampler

x, z, t = (torch.tensor(exchange.given[name]) for name in "xzt")
_, states, velocities = ConditionalFlowMatcher(sigma=0.0).sample_location_and_conditional_flow(z, x, 1 - t)
exact = OTPlanSampler("exact").get_map(x, z)
sinkhorn = OTPlanSampler("sinkhorn", reg=2.0).get_map(x, z)
exchange.answer(states=states, velocities=-velocities, exact=exact.argmax(1), sinkhorn=sinkhorn)
