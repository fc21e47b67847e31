// Gives libtensorflow the operations of kernels.c, through the C interface by which plug-ins bring kernels. The library is the
// one that tfjs-node has loaded, so its functions are looked up by name and this file needs none of its headers.
#define _GNU_SOURCE
#include <cpuid.h>
#include <dlfcn.h>
#include <link.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "op.h"
#include "team.h"

typedef struct TF_Status TF_Status;
typedef struct TF_Tensor TF_Tensor;
typedef struct TF_OpKernelContext TF_OpKernelContext;
typedef struct TF_OpKernelConstruction TF_OpKernelConstruction;
typedef struct TF_KernelBuilder TF_KernelBuilder;
typedef struct TF_OpDefinitionBuilder TF_OpDefinitionBuilder;
typedef struct TF_ShapeInferenceContext TF_ShapeInferenceContext;
typedef void (*ShapeFunction)(TF_ShapeInferenceContext *, TF_Status *);
enum { TF_FLOAT = 1 };

// tensorflow/c/{tf_status,tf_tensor,ops,kernels}.h
#define FUNCTIONS(F)                                                                                        \
  F(TF_NewStatus, TF_Status *, (void))                                                                      \
  F(TF_DeleteStatus, void, (TF_Status *))                                                                   \
  F(TF_GetCode, int, (const TF_Status *))                                                                   \
  F(TF_TensorData, void *, (const TF_Tensor *))                                                             \
  F(TF_NumDims, int, (const TF_Tensor *))                                                                   \
  F(TF_Dim, int64_t, (const TF_Tensor *, int))                                                              \
  F(TF_DeleteTensor, void, (TF_Tensor *))                                                                   \
  F(TF_NewOpDefinitionBuilder, TF_OpDefinitionBuilder *, (const char *))                                    \
  F(TF_OpDefinitionBuilderAddAttr, void, (TF_OpDefinitionBuilder *, const char *))                          \
  F(TF_OpDefinitionBuilderAddInput, void, (TF_OpDefinitionBuilder *, const char *))                         \
  F(TF_OpDefinitionBuilderAddOutput, void, (TF_OpDefinitionBuilder *, const char *))                        \
  F(TF_OpDefinitionBuilderSetShapeInferenceFunction, void, (TF_OpDefinitionBuilder *, ShapeFunction))       \
  F(TF_RegisterOpDefinition, void, (TF_OpDefinitionBuilder *, TF_Status *))                                 \
  F(TF_ShapeInferenceContextSetUnknownShape, void, (TF_ShapeInferenceContext *, TF_Status *))               \
  F(TF_NewKernelBuilder, TF_KernelBuilder *,                                                                \
    (const char *, const char *, void *(*)(TF_OpKernelConstruction *), void (*)(void *, TF_OpKernelContext *), \
     void (*)(void *)))                                                                                     \
  F(TF_RegisterKernelBuilder, void, (const char *, TF_KernelBuilder *, TF_Status *))                        \
  F(TF_OpKernelConstruction_Failure, void, (TF_OpKernelConstruction *, TF_Status *))                        \
  F(TF_OpKernelConstruction_GetAttrInt64, void, (TF_OpKernelConstruction *, const char *, int64_t *, TF_Status *)) \
  F(TF_OpKernelConstruction_GetAttrFloat, void, (TF_OpKernelConstruction *, const char *, float *, TF_Status *)) \
  F(TF_OpKernelContext_Failure, void, (TF_OpKernelContext *, TF_Status *))                                  \
  F(TF_NumInputs, int, (TF_OpKernelContext *))                                                              \
  F(TF_GetInput, void, (TF_OpKernelContext *, int, TF_Tensor **, TF_Status *))                              \
  F(TF_AllocateOutput, TF_Tensor *,                                                                         \
    (TF_OpKernelContext *, int, int, const int64_t *, int, size_t, TF_Status *))

#define DECLARE(name, result, arguments) static result(*name) arguments;
FUNCTIONS(DECLARE)

// A kernel of TensorFlow: an operation with the values of its attributes.
typedef struct {
  const Op *op;
  double attributes[6];
} Kernel;

enum { MOST_TENSORS = 16 };

struct Call {
  const Kernel *kernel;
  TF_OpKernelContext *context;
  TF_Status *status;
  TF_Tensor **tensors; // to be deleted when the call ends
  int used;
};

static Tensor seen(Call *call, TF_Tensor *tensor) {
  call->tensors[call->used++] = tensor;
  Tensor known = {TF_TensorData(tensor), TF_NumDims(tensor), {0}, 1};
  for (int i = 0; i < known.rank && i < 6; i++) known.size *= known.sides[i] = TF_Dim(tensor, i);
  return known;
}

Tensor input(Call *call, int place) {
  TF_Tensor *tensor = NULL;
  TF_GetInput(call->context, place, &tensor, call->status);
  return seen(call, tensor);
}

float *output(Call *call, int place, int rank, const int64_t *sides) {
  size_t bytes = sizeof(float);
  for (int i = 0; i < rank; i++) bytes *= (size_t)sides[i];
  TF_Tensor *tensor = TF_AllocateOutput(call->context, place, TF_FLOAT, sides, rank, bytes, call->status);
  return (float *)seen(call, tensor).data;
}

double attribute(const Call *call, int place) { return call->kernel->attributes[place]; }

int input_count(Call *call) { return TF_NumInputs(call->context); }

static void *create(const Op *op, TF_OpKernelConstruction *construction) {
  Kernel *kernel = calloc(1, sizeof(Kernel));
  kernel->op = op;
  TF_Status *status = TF_NewStatus();
  for (int i = 0; op->attributes[i]; i++) {
    const char *colon = strchr(op->attributes[i], ':');
    char name[32] = {0};
    memcpy(name, op->attributes[i], (size_t)(colon - op->attributes[i]));
    if (strstr(colon, "float")) {
      float value = 0;
      TF_OpKernelConstruction_GetAttrFloat(construction, name, &value, status);
      kernel->attributes[i] = value;
    } else {
      int64_t value = 0;
      TF_OpKernelConstruction_GetAttrInt64(construction, name, &value, status);
      kernel->attributes[i] = (double)value;
    }
    if (TF_GetCode(status)) TF_OpKernelConstruction_Failure(construction, status);
  }
  TF_DeleteStatus(status);
  return kernel;
}

static void compute(void *given, TF_OpKernelContext *context) {
  const Kernel *kernel = given;
  TF_Tensor *few[MOST_TENSORS], **tensors = few;
  // An operation on lists has at most as many outputs as inputs.
  int most = 2 * TF_NumInputs(context) + 6;
  if (most > MOST_TENSORS) tensors = malloc((size_t)most * sizeof *tensors);
  Call call = {kernel, context, TF_NewStatus(), tensors, 0};
  team_enter();
  kernel->op->compute(&call);
  team_leave();
  if (TF_GetCode(call.status)) TF_OpKernelContext_Failure(context, call.status);
  for (int i = 0; i < call.used; i++) TF_DeleteTensor(call.tensors[i]);
  TF_DeleteStatus(call.status);
  if (tensors != few) free(tensors);
}

// TensorFlow asks for shapes when it loads a graph; it can do without them.
static void unknown_shapes(TF_ShapeInferenceContext *context, TF_Status *status) {
  TF_ShapeInferenceContextSetUnknownShape(context, status);
}

// `create` gets no pointer of ours, so each operation has a function of its own.
extern const Op ops_avx2[], ops_avx512[];
static const Op *ops;
#define CREATE(i) \
  static void *create##i(TF_OpKernelConstruction *construction) { return create(&ops[i], construction); }
CREATE(0) CREATE(1) CREATE(2) CREATE(3) CREATE(4) CREATE(5) CREATE(6) CREATE(7)
CREATE(8) CREATE(9) CREATE(10) CREATE(11) CREATE(12) CREATE(13) CREATE(14) CREATE(15)
static void *(*const creates[])(TF_OpKernelConstruction *) = {
    create0, create1, create2,  create3,  create4,  create5,  create6,  create7,
    create8, create9, create10, create11, create12, create13, create14, create15};

// A search in tfjs-node's addon goes on in the libraries that it is linked to. Which of them has the interface differs.
static int find_addon(struct dl_phdr_info *info, size_t size, void *found) {
  (void)size;
  if (!strstr(info->dlpi_name, "tfjs_binding.node")) return 0;
  *(void **)found = dlopen(info->dlpi_name, RTLD_LAZY | RTLD_NOLOAD);
  return *(void **)found != NULL;
}

static const char *register_ops(void) {
  void *addon = NULL;
  dl_iterate_phdr(find_addon, &addon);
  if (!addon) return "tfjs-node is not loaded";
#define FIND(name, result, arguments) \
  if (!(*(void **)&name = dlsym(addon, #name))) return "libtensorflow has no " #name;
  FUNCTIONS(FIND)
  TF_Status *status = TF_NewStatus();
  for (int i = 0; ops[i].name && !TF_GetCode(status); i++) {
    if (i == sizeof creates / sizeof *creates) return "there are more operations than functions that create them";
    TF_OpDefinitionBuilder *definition = TF_NewOpDefinitionBuilder(ops[i].name);
    for (const char *const *part = ops[i].inputs; *part; part++) TF_OpDefinitionBuilderAddInput(definition, *part);
    for (const char *const *part = ops[i].attributes; *part; part++) TF_OpDefinitionBuilderAddAttr(definition, *part);
    for (const char *const *part = ops[i].outputs; *part; part++) TF_OpDefinitionBuilderAddOutput(definition, *part);
    TF_OpDefinitionBuilderSetShapeInferenceFunction(definition, unknown_shapes);
    TF_RegisterOpDefinition(definition, status);
    if (TF_GetCode(status)) break;
    TF_RegisterKernelBuilder(ops[i].name, TF_NewKernelBuilder(ops[i].name, "CPU", creates[i], compute, free), status);
  }
  int failed = TF_GetCode(status);
  TF_DeleteStatus(status);
  return failed ? "libtensorflow refused an operation" : NULL;
}

// A step makes and frees the same tensors again and again. As malloc is set at first, their memory goes back to the system each
// time, and its pages are cleared when they are used again: that takes as long as many a kernel.
static void keep_memory(void) {
  if (getenv("MALLOC_TRIM_THRESHOLD_") || getenv("MALLOC_MMAP_THRESHOLD_")) return;
  mallopt(M_MMAP_THRESHOLD, 1 << 25); // the most that it takes
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
}

// Node-API, whose functions are the program's own
static void set(void *env, void *exports, const char *name, const char *text) {
  int (*create_string)(void *, const char *, size_t, void **), (*set_property)(void *, void *, const char *, void *);
  *(void **)&create_string = dlsym(RTLD_DEFAULT, "napi_create_string_utf8");
  *(void **)&set_property = dlsym(RTLD_DEFAULT, "napi_set_named_property");
  void *value;
  if (!create_string(env, text, strlen(text), &value)) set_property(env, exports, name, value);
}

// The bits of leaf 7's EBX, and those of the registers that the system keeps.
enum { AVX2 = 1 << 5, AVX512 = 1 << 16 | 1 << 17 | 1 << 28 | 1 << 30, FMA = 1 << 12, OSXSAVE = 1 << 27, YMM = 6, ZMM = 0xe6 };
enum { AVX512VL = 31 };

#define AVX2_NAME "AVX2"
#define AVX512_NAME "AVX-512"

static const char *level_of_processor(void) {
  unsigned a, b, c, d, kept, high;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & FMA) || !(c & OSXSAVE)) return NULL;
  __asm__("xgetbv" : "=a"(kept), "=d"(high) : "c"(0));
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(b & AVX2) || (kept & YMM) != YMM) return NULL;
  return (b & AVX512) == AVX512 && b >> AVX512VL && (kept & ZMM) == ZMM ? AVX512_NAME : AVX2_NAME;
}

// exports: `level`, the instructions that the kernels use; or `why`, the reason why there are none.
__attribute__((visibility("default"))) void *napi_register_module_v1(void *env, void *exports) {
  static int is_registered;
  static const char *why, *level;
  if (!is_registered) {
    is_registered = 1;
    const char *wanted = getenv("RECTIFIED_FLOW_NATIVE");
    level = level_of_processor();
    if (level && wanted && !strcmp(wanted, "avx2")) level = AVX2_NAME;
    if (level) ops = strcmp(level, AVX512_NAME) ? ops_avx2 : ops_avx512;
    why = ops ? register_ops() : "this processor has no AVX2";
    if (!why) keep_memory();
  }
  set(env, exports, why ? "why" : "level", why ? why : level);
  return exports;
}
