"""tensorboard: reads the event files of a run that was resumed."""

import exchange
import io
import numpy as np
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

events = EventAccumulator(str(exchange.folder / "events"), size_guidance=dict(scalars=0, images=0))
events.Reload()
answers = {}
for tag in events.Tags()["scalars"]:
    answers[tag.replace("/", " ")] = [[event.step, event.value] for event in events.Scalars(tag)]
(image,) = events.Images("samples")
answers["size"] = [image.step, image.width, image.height]
answers["pixels"] = np.asarray(Image.open(io.BytesIO(image.encoded_image_string)))
exchange.answer(**answers)
