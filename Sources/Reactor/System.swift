import CLinux
import Glibc

/// What the machine has.
public enum System {
    /// Processors that this process may use.
    public static var coreCount: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }
}
