import Glibc

/// What the kernel says of this process, under the names that Prometheus client libraries give it.
public enum ProcessMetrics {
    public static let families = [cpu, memory, virtual, descriptors, descriptorsMax, started, threads]

    static let cpu = MetricFamily(
        .counter, "process_cpu_seconds_total", "User and system CPU time spent, in seconds.")
    static let memory = MetricFamily(.gauge, "process_resident_memory_bytes", "Resident memory.")
    static let virtual = MetricFamily(.gauge, "process_virtual_memory_bytes", "Virtual memory.")
    static let descriptors = MetricFamily(.gauge, "process_open_fds", "Open file descriptors.")
    static let descriptorsMax = MetricFamily(
        .gauge, "process_max_fds", "How many file descriptors may be open.")
    static let started = MetricFamily(
        .gauge, "process_start_time_seconds", "When the process started, in seconds since the Unix epoch.")
    static let threads = MetricFamily(.gauge, "process_threads", "Threads.")

    /// Asks the kernel at each scrape.
    public static func collect(into registry: MetricRegistry) {
        let startedAt = Int64(time(nil))
        registry.collect { samples in
            samples.add(started, [], .integer(startedAt))
            addUsage(to: &samples)
            addMemory(to: &samples)
            var limit = rlimit()
            if unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
                samples.add(descriptorsMax, [], .integer(Int64(clamping: limit.rlim_cur)))
            }
            if let count = entryCount("/proc/self/fd") { samples.add(descriptors, count) }
            if let count = entryCount("/proc/self/task") { samples.add(threads, count) }
        }
    }

    private static func addUsage(to samples: inout MetricSamples) {
        var usage = rusage()
        guard unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return }
        let seconds = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
        let microseconds = usage.ru_utime.tv_usec + usage.ru_stime.tv_usec
        samples.add(cpu, [], .microseconds(UInt64(clamping: seconds * 1_000_000 + Int(microseconds))))
    }

    /// From `/proc/self/statm`: pages of virtual and of resident memory.
    private static func addMemory(to samples: inout MetricSamples) {
        let file = unsafe open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = unsafe read(file, &bytes, bytes.count)
        guard count > 0 else { return }
        let pages = String(decoding: bytes[..<count], as: UTF8.self).split(separator: " ").compactMap {
            Int($0)
        }
        guard pages.count >= 2 else { return }
        let pageSize = sysconf(Int32(_SC_PAGESIZE))
        samples.add(virtual, pages[0] * pageSize)
        samples.add(memory, pages[1] * pageSize)
    }

    private static func entryCount(_ folder: String) -> Int? {
        guard let stream = unsafe opendir(folder) else { return nil }
        defer { unsafe closedir(stream) }
        var count = 0
        while let entry = unsafe readdir(stream) {
            if unsafe entry.pointee.d_name.0 != CChar(UInt8(ascii: ".")) { count += 1 }
        }
        return count
    }
}
