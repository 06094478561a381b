import CLinux
import Glibc

/// What the machine has.
public enum System {
    /// Processors that this process may use.
    public static var coreCount: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

    /// Has the allocator keep what a busy server frees and soon takes again, instead of giving it back to
    /// the kernel each time (mallopt(3)): up to 4 MiB at the end of each heap, and blocks below 1 MiB come
    /// from a heap rather than from a mapping of their own. To be called before there are threads.
    public static func keepFreedMemory() {
        _ = mallopt(M_TOP_PAD, 4 << 20)
        _ = mallopt(M_TRIM_THRESHOLD, 16 << 20)
        _ = mallopt(M_MMAP_THRESHOLD, 1 << 20)
    }

    /// Lets this process have as many descriptors as it may ask for, and says how many that are.
    @discardableResult public static func raiseDescriptorLimit() -> Int {
        var limit = rlimit()
        unsafe getrlimit(__rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue)), &limit)
        limit.rlim_cur = limit.rlim_max
        unsafe setrlimit(__rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue)), &limit)
        return Int(clamping: limit.rlim_cur)
    }

    /// Blocks this thread for so long.
    public static func pause(seconds: Int) {
        var left = UInt32(clamping: seconds)
        while left > 0 { left = sleep(left) }
    }
}
