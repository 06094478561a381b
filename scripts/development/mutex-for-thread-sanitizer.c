// Lets the thread sanitizer see the slow paths of Swift's Mutex: they are in the toolchain's
// libswiftSynchronization.so, which is built without it. Its fast paths are compiled into whoever locks, and are seen.
// Preloaded by scripts/test --sanitize=thread; in a process without the sanitizer it changes nothing.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>

// An atomic on the same address, as a fast path has it, shares its clock with these two.
__attribute__((weak)) void __tsan_acquire(void *address);
__attribute__((weak)) void __tsan_release(void *address);

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *self
#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define TRY "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

SWIFT void seen_lock(uint32_t state, SELF) __asm__(LOCK);
SWIFT bool seen_try(SELF) __asm__(TRY);
SWIFT void seen_unlock(SELF) __asm__(UNLOCK);

SWIFT void seen_lock(uint32_t state, SELF) {
    SWIFT void (*lock)(uint32_t, SELF) = dlsym(RTLD_NEXT, LOCK);
    lock(state, self);
    if (__tsan_acquire) __tsan_acquire(self);
}

SWIFT bool seen_try(SELF) {
    SWIFT bool (*try)(SELF) = dlsym(RTLD_NEXT, TRY);
    bool is_locked = try(self);
    if (is_locked && __tsan_acquire) __tsan_acquire(self);
    return is_locked;
}

SWIFT void seen_unlock(SELF) {
    SWIFT void (*unlock)(SELF) = dlsym(RTLD_NEXT, UNLOCK);
    if (__tsan_release) __tsan_release(self);
    unlock(self);
}
