// Every kernel, compiled once for each level of instructions.
#include "adam-ema.c"
#include "attention-gradient.c"
#include "blocks.c"
#include "convolution.c"
#include "dropout.c"
#include "group-norm-gradient.c"
#include "group-norm.c"
#include "random.c"

#define NORM_ATTRIBUTES {"groups: int", "epsilon: float", "activate: int"}
#define SLOPE_ATTRIBUTES {"groups: int", "activate: int"}

#if __AVX512F__
const Op ops_avx512[] = {
#else
const Op ops_avx2[] = {
#endif
    {"RectifiedFlowConvolution",
     {"x: float", "filter: float", "bias: float", "skip: float"},
     {"turned: int", "scale: float"},
     {"y: float"},
     convolution},
    {"RectifiedFlowConvolutionGradient",
     {"x: float", "dy: float"},
     {"side: int"},
     {"filter: float", "bias: float"},
     convolution_gradient},
    {"RectifiedFlowGroupNorm",
     {"x: float", "gamma: float", "beta: float", "scale: float", "shift: float"},
     NORM_ATTRIBUTES,
     {"y: float", "mean: float", "rstd: float"},
     group_norm},
    {"RectifiedFlowGroupNormGradient",
     {"x: float", "gamma: float", "beta: float", "scale: float", "shift: float", "mean: float", "rstd: float", "dy: float"},
     SLOPE_ATTRIBUTES,
     {"dx: float", "dgamma: float", "dbeta: float", "dscale: float", "dshift: float"},
     group_norm_gradient},
    {"RectifiedFlowGroupNormOffset",
     {"x: float", "gamma: float", "beta: float", "offset: float"},
     NORM_ATTRIBUTES,
     {"y: float", "lines: float"},
     group_norm_offset},
    {"RectifiedFlowGroupNormOffsetGradient",
     {"x: float", "gamma: float", "beta: float", "lines: float", "dy: float"},
     SLOPE_ATTRIBUTES,
     {"dx: float", "dgamma: float", "dbeta: float", "doffset: float"},
     group_norm_offset_gradient},
    {"RectifiedFlowAttention", {"qkv: float"}, {"heads: int"}, {"y: float", "log_sums: float"}, attention},
    {"RectifiedFlowAttentionGradient",
     {"qkv: float", "y: float", "log_sums: float", "dy: float"},
     {"heads: int"},
     {"dqkv: float"},
     attention_gradient},
    {"RectifiedFlowDropout", {"x: float", "place: int32"}, {"dropped: int"}, {"y: float"}, dropout},
    {"RectifiedFlowNormal", {"place: int32"}, {"size: int"}, {"y: float"}, normal},
    {"RectifiedFlowIndexedNormal", {"indices: int32", "place: int32"}, {"size: int"}, {"y: float"}, indexed_normal},
    {"RectifiedFlowSumBlocks", {"x: float"}, {"gain: float"}, {"y: float"}, sum_blocks},
    {"RectifiedFlowRepeatBlocks", {"x: float"}, {"gain: float"}, {"y: float"}, repeat_blocks},
    {"RectifiedFlowSquareSums", {"tensors: N * float"}, {"N: int"}, {"sums: float"}, square_sums},
    {"RectifiedFlowAdamEma",
     {"numbers: float", "slots: N * float"},
     {"N: int", "M: int"},
     {"next: M * float"},
     adam_ema},
    {0},
};
