#define _GNU_SOURCE
#include "team.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { MOST = 256, SPINS = 1000, LINE = 64 };

static pthread_mutex_t entered = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t begun = PTHREAD_COND_INITIALIZER;
static int size;

static Unit work;
static void *work_context;
static int work_units;
static atomic_int next_unit;
static atomic_uint rounds; // how many were begun
// How many workers are in the round, plus CLOSED when no more may enter: one that wakes up late need not be waited for.
enum { CLOSED = 1 << 16 };
static atomic_int inside = CLOSED;

static struct {
  float *numbers;
  size_t floats;
} buffers[MOST + 1];

static void do_units(int thread) {
  for (int unit; (unit = atomic_fetch_add(&next_unit, 1)) < work_units;) work(work_context, unit, thread);
}

static void *worker(void *number) {
  unsigned known = 0;
  for (;;) {
    // A kernel often follows another at once, and waking up takes longer than many a kernel.
    for (int i = 0; i < SPINS && atomic_load(&rounds) == known; i++) __builtin_ia32_pause();
    if (atomic_load(&rounds) == known) {
      pthread_mutex_lock(&lock);
      while (atomic_load(&rounds) == known) pthread_cond_wait(&begun, &lock);
      pthread_mutex_unlock(&lock);
    }
    known = atomic_load(&rounds);
    if (atomic_fetch_add(&inside, 1) < CLOSED) do_units((int)(size_t)number);
    atomic_fetch_sub(&inside, 1);
  }
  return NULL;
}

static int wanted_threads(void) {
  const char *given = getenv("TF_NUM_INTRAOP_THREADS");
  int threads = given ? atoi(given) : 0;
  cpu_set_t cpus;
  if (threads <= 0) threads = sched_getaffinity(0, sizeof cpus, &cpus) ? 1 : CPU_COUNT(&cpus);
  return threads < 1 ? 1 : threads > MOST ? MOST : threads;
}

static void start_team(void) {
  int threads = wanted_threads();
  pthread_attr_t detached;
  pthread_attr_init(&detached);
  pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
  for (size = 1; size < threads; size++) {
    pthread_t thread;
    if (pthread_create(&thread, &detached, worker, (void *)(size_t)size)) break;
  }
  pthread_attr_destroy(&detached);
}

void team_enter(void) {
  pthread_mutex_lock(&entered);
  if (size == 0) start_team();
}

void team_leave(void) { pthread_mutex_unlock(&entered); }

int team_size(void) { return size; }

void run_units(Unit unit, void *context, int units) {
  work = unit;
  work_context = context;
  work_units = units;
  atomic_store(&next_unit, 0);
  if (size == 1 || units == 1) {
    do_units(0);
    return;
  }
  atomic_fetch_sub(&inside, CLOSED);
  pthread_mutex_lock(&lock);
  atomic_fetch_add(&rounds, 1);
  pthread_cond_broadcast(&begun);
  pthread_mutex_unlock(&lock);
  do_units(0);
  atomic_fetch_add(&inside, CLOSED);
  for (int i = 0; atomic_load(&inside) != CLOSED; i++)
    if (i < SPINS) __builtin_ia32_pause();
    else sched_yield();
}

static float *grown(int place, size_t floats) {
  if (buffers[place].floats < floats) {
    free(buffers[place].numbers);
    buffers[place].numbers = aligned_alloc(LINE, (floats * sizeof(float) + LINE - 1) / LINE * LINE);
    if (!buffers[place].numbers) abort();
    buffers[place].floats = floats;
  }
  return buffers[place].numbers;
}

float *scratch(int thread, size_t floats) { return grown(thread, floats); }

float *shared(size_t floats) { return grown(MOST, floats); }
