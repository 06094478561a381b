import Identity
import Settings

extension ServiceHours {
    init(_ settings: GatewaySettings.Service) {
        self.init(
            openings: settings.hours.map { Opening(days: Self.days($0.days), minutes: $0.from..<$0.until) },
            maintenance: settings.maintenance.map { $0.from..<$0.until })
    }

    private static func days(_ days: GatewaySettings.Hours.Days) -> Set<Weekday> {
        let weekend: Set<Weekday> = [.saturday, .sunday]
        switch days {
        case .everyday: return Set(Weekday.allCases)
        case .weekdays: return Set(Weekday.allCases).subtracting(weekend)
        case .weekend: return weekend
        case .monday: return [.monday]
        case .tuesday: return [.tuesday]
        case .wednesday: return [.wednesday]
        case .thursday: return [.thursday]
        case .friday: return [.friday]
        case .saturday: return [.saturday]
        case .sunday: return [.sunday]
        }
    }
}
