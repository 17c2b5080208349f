"""Stations under one cap, their clock and their books."""

from dataclasses import dataclass, field, replace

from pev_battery_charge import Scenario, Schedule
from tests.reference.coordinators import Claim, share
from tests.reference.pev import PEV

_MINUTES_PER_HOUR = 60.0
_LIMIT_SLACK = 1e-6
_STATED = "departure_stated_min"


@dataclass
class ChargeStation:
    """A charging point: its limits, the visits it will have, and the PEV that is plugged in."""

    power_min_kw: float
    power_max_kw: float
    visits: list[PEV] = field(default_factory=list)
    pev: PEV | None = None
    request_kw: float = 0.0
    acceptance_kw: float = 0.0
    power_kw: float = 0.0

    def take_request(self, asked_kw: float) -> None:
        """Empty: 0. Else into [0, power_max]; what lies between 0 and power_min is 0, but for a float32's rounding."""
        request = sorted((0.0, asked_kw, self.power_max_kw))[1] if self.pev else 0.0
        if request < self.power_min_kw:
            barely = request >= self.power_min_kw * (1.0 - _LIMIT_SLACK)
            request = self.power_min_kw if barely else 0.0
        self.request_kw = request

    def distance_from_limits_kw(self, asked_kw: float) -> float:
        """How far from 0 or [power_min, power_max]."""
        into_range = max(self.power_min_kw - asked_kw, asked_kw - self.power_max_kw, 0.0)
        distance = min(abs(asked_kw), into_range)
        return distance if distance > _LIMIT_SLACK * self.power_max_kw else 0.0


@dataclass
class StepOutcome:
    """What one step did, one value a station."""

    served: list[int | None]
    energy_kwh: list[float]
    reward_parts: list[tuple[float, float, float, float]]
    rewards: list[float]


class LoadArea:
    """One episode of one area."""

    def __init__(self, scenario: Scenario, schedule: Schedule) -> None:
        self.scenario = scenario
        self.hours = scenario.step_minutes / _MINUTES_PER_HOUR
        self.step_index = 0
        self.stations = [ChargeStation(one.least_kw, one.power_max_kw) for one in scenario.stations]
        self.request_kw = self.power_kw = 0.0
        self.grid_energy_kwh = self.battery_energy_kwh = self.loss_kwh = self.unmet_kwh = 0.0
        self.left: list[PEV] = []
        for number, row in enumerate(schedule.sessions.iter_rows(named=True)):
            if row["station"] is not None:
                self.stations[row["station"]].visits.append(
                    PEV(
                        session=number,
                        plug_in_min=row["plug_in_min"],
                        departure_min=row["departure_min"],
                        capacity_kwh=row["capacity_kwh"],
                        energy_kwh=row["energy_arrival_kwh"],
                        target_kwh=row["energy_target_kwh"],
                        power_max_kw=row["power_max_kw"],
                        efficiency=row["efficiency"],
                        transition_soc=row["transition_soc"],
                        stated_min=row["departure_min"] if row[_STATED] is None else row[_STATED],
                    )
                )
        self._welcome()

    def _is_here(self, pev: PEV) -> bool:
        return pev.is_plugged_during(self.step_index, self.scenario.step_minutes)

    def _welcome(self) -> None:
        """Plug in who is here now; nobody new comes once the horizon is reached."""
        for station in self.stations:
            if station.pev is None and self.step_index < self.scenario.horizon_steps:
                station.pev = next((pev for pev in station.visits if self._is_here(pev)), None)
                if station.pev:
                    station.pev.stated_step = self._first_step_without(station.pev)

    def _first_step_without(self, pev: PEV) -> int:
        """The step at whose beginning a PEV that has just come would leave, as its driver says; not this one."""
        step_minutes = self.scenario.step_minutes
        step = self.step_index + 1
        while (step + 1) * step_minutes <= pev.stated_min + 1e-9 * step_minutes:
            step += 1
        return step

    def _part(self) -> set[int]:
        """Unplug who is no longer here; tell at which stations."""
        parted = set()
        for number, station in enumerate(self.stations):
            if station.pev and not self._is_here(station.pev):
                self.unmet_kwh += station.pev.unmet_kwh
                self.left.append(station.pev)
                station.pev = None
                parted.add(number)
        return parted

    def step(self, asked_kw: list[float]) -> StepOutcome:
        """One step under the stations' requests."""
        for station, asked in zip(self.stations, asked_kw, strict=True):
            station.take_request(asked)
            pev = station.pev
            station.acceptance_kw = pev.acceptance_kw(station.request_kw, self.hours) if pev else 0.0
        self.request_kw = sum(station.request_kw for station in self.stations)
        self._grant()
        served = [station.pev for station in self.stations]
        for station in self.stations:
            if station.pev:
                before_kwh = station.pev.energy_kwh
                lost_before_kwh = station.pev.loss_kwh
                station.pev.charge(station.power_kw, self.hours)
                self.grid_energy_kwh += station.power_kw * self.hours
                self.battery_energy_kwh += station.pev.energy_kwh - before_kwh
                self.loss_kwh += station.pev.loss_kwh - lost_before_kwh
        self.step_index += 1
        parted = self._part()
        self._welcome()
        parts = [self._reward_parts(k, served[k], asked_kw[k], k in parted) for k in range(len(self.stations))]
        return StepOutcome(
            served=[pev.session if pev else None for pev in served],
            energy_kwh=[pev.energy_kwh if pev else 0.0 for pev in served],
            reward_parts=parts,
            rewards=self._mix([sum(part) for part in parts], [pev is not None for pev in served]),
        )

    def _grant(self) -> None:
        occupied = [station for station in self.stations if station.pev]
        grants = share(self.scenario.coordinator, [self._claim(station) for station in occupied], self._cap_kw)
        for station in self.stations:
            station.power_kw = 0.0
        for station, power_kw in zip(occupied, grants, strict=True):
            station.power_kw = power_kw
        self.power_kw = sum(station.power_kw for station in self.stations)

    def foresee(self, rule: str, cap_kw: float | None = None) -> list[float]:
        """What each station would be granted under a rule if all asked for all they can."""
        claims = self.claims()
        granted = share(rule, list(claims.values()), self._cap_kw if cap_kw is None else cap_kw)
        by_number = dict(zip(claims, granted, strict=True))
        return [by_number.get(number, 0.0) for number in range(len(self.stations))]

    def claims(self) -> dict[int, Claim]:
        """What each plugged station could use of the step to come, by its number."""
        return {
            number: replace(self._claim(one), acceptance_kw=one.pev.acceptance_kw(one.power_max_kw, self.hours))
            for number, one in enumerate(self.stations)
            if one.pev
        }

    @property
    def _cap_kw(self) -> float:
        return self.scenario.area.power_max_kw

    def _claim(self, station: ChargeStation) -> Claim:
        pev = station.pev
        assert pev is not None
        full_kw = pev.efficiency * min(pev.power_max_kw, station.power_max_kw)
        return Claim(
            acceptance_kw=station.acceptance_kw,
            power_min_kw=station.power_min_kw,
            stated_step=pev.stated_step,
            spare_hours=max(pev.stated_step - self.step_index, 1) * self.hours
            - (pev.target_kwh - pev.energy_kwh) / full_kw,
            turn=pev.session,
            missing_kwh=pev.unmet_kwh,
        )

    def _reward_parts(
        self, number: int, pev: PEV | None, asked_kw: float, parted: bool
    ) -> tuple[float, float, float, float]:
        if pev is None:
            return 0.0, 0.0, 0.0, 0.0
        station, area, reward = self.stations[number], self.scenario.area, self.scenario.reward
        outside_kw = max(self.request_kw - self._cap_kw, area.power_min_kw - self.request_kw, 0.0)
        return (
            -reward.weight("missing") * pev.missing_share ** reward.literal("missing", "exponent"),
            -reward.weight("out_of_bounds") * station.distance_from_limits_kw(asked_kw) / station.power_max_kw,
            -reward.weight("overload") * outside_kw / self._cap_kw,
            -reward.weight("departure") * pev.missing_share if parted else 0.0,
        )

    def _mix(self, own: list[float], plugged: list[bool]) -> list[float]:
        sharing = self.scenario.reward.sharing
        mean = sum(own) / max(sum(plugged), 1)
        return [(1.0 - sharing) * one + sharing * mean if here else 0.0 for one, here in zip(own, plugged, strict=True)]

    def observe(self) -> list[list[float]]:
        """The eight numbers that each station sees."""
        area = self.scenario.area
        return [
            [
                station.power_min_kw,
                station.power_max_kw,
                area.power_max_kw,
                area.power_min_kw,
                float(station.pev is not None),
                station.pev.unmet_kwh if station.pev else 0.0,
                self.power_kw,
                station.power_kw,
            ]
            for station in self.stations
        ]
