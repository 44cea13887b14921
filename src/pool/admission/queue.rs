//! Who has a place and who is next: first come first served within a database, and the databases
//! take turns. A database that has as many places as it may have is passed over. It decides and
//! keeps count; it knows no time, and who waits only by a ticket and a way to be told.

use std::collections::{BTreeMap, HashMap, VecDeque};

use slab::Slab;
use tokio::sync::oneshot::Sender;

/// Databases without an operation that are remembered, so that the next one's begins sooner.
const REMEMBERED: usize = 256;

/// Places of one kind: those of the primary, or those of the other members.
pub(super) type Lane = usize;
/// How many kinds of place there are.
pub(super) const LANES: usize = 2;

/// How many places one database may have, and how many of its operations may wait.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Cap {
    /// Places at a time; as many as there are when absent.
    pub(super) running: Option<usize>,
    /// Waiting at a time; without limit when absent.
    pub(super) waiting: Option<usize>,
}

/// What a place is given back by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seat {
    pub(super) lane: Lane,
    /// The database that it counts for, where databases have caps.
    tenant: Option<usize>,
}

/// Where one stands that has to wait.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ticket {
    /// Tickets of an earlier comer are smaller.
    number: u64,
    lane: Lane,
    /// The line it stands in; nothing for the one that goes first.
    tenant: Option<usize>,
}

/// Who waits, earliest first, and how each is told of its seat.
type Line = BTreeMap<u64, Sender<Seat>>;

/// One database.
struct Tenant {
    name: Box<str>,
    cap: Cap,
    /// Places it has, in all lanes. Not counted without a cap.
    running: usize,
    lines: [Line; LANES],
    /// It is in the lane's turns.
    in_turn: [bool; LANES],
}

impl Tenant {
    fn may_run(&self) -> bool {
        self.cap.running.is_none_or(|most| self.running < most)
    }

    fn waiting(&self) -> usize {
        self.lines.iter().map(BTreeMap::len).sum()
    }
}

/// The places and those who wait for them.
pub(super) struct Queue {
    /// Places that nobody has.
    free: [usize; LANES],
    /// Those that go before all others.
    first: [Line; LANES],
    /// Databases with somebody who waits and may run, in the order of their turns. One that has
    /// reached its cap meanwhile is still there, and is passed over.
    turns: [VecDeque<usize>; LANES],
    tenants: Slab<Tenant>,
    by_name: HashMap<Box<str>, usize>,
    /// The number of the next ticket.
    next: u64,
    /// All who wait.
    waiting: usize,
}

impl Queue {
    pub(super) fn new(places: [usize; LANES]) -> Self {
        Self {
            free: places,
            first: Default::default(),
            turns: Default::default(),
            tenants: Slab::new(),
            by_name: HashMap::new(),
            next: 0,
            waiting: 0,
        }
    }

    /// How many wait.
    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }

    /// The databases with somebody who waits, and how many.
    pub(super) fn lines(&self) -> impl Iterator<Item = (&str, usize)> {
        let lines = self.tenants.iter().map(|(_, tenant)| (&*tenant.name, tenant.waiting()));
        lines.filter(|(_, waiting)| *waiting > 0)
    }

    /// A seat for one that no cap counts, if one is free: then nobody waits who may have it.
    pub(super) fn take(&mut self, lane: Lane) -> Option<Seat> {
        self.free[lane] = self.free[lane].checked_sub(1)?;
        Some(Seat { lane, tenant: None })
    }

    /// A seat for one of a database with a cap, if one is free and the database may have it.
    pub(super) fn take_for(&mut self, lane: Lane, tenant: usize) -> Option<Seat> {
        let of = &mut self.tenants[tenant];
        if self.free[lane] == 0 || !of.may_run() {
            return None;
        }
        self.free[lane] -= 1;
        of.running += 1;
        Some(Seat { lane, tenant: Some(tenant) })
    }

    /// The database of this name. Whoever asks goes on to take, join or leave it at once.
    pub(super) fn tenant(&mut self, name: &str, cap: impl FnOnce() -> Cap) -> usize {
        if let Some(tenant) = self.by_name.get(name) {
            return *tenant;
        }
        let name: Box<str> = name.into();
        let tenant = Tenant {
            name: name.clone(),
            cap: cap(),
            running: 0,
            lines: Default::default(),
            in_turn: [false; LANES],
        };
        let tenant = self.tenants.insert(tenant);
        self.by_name.insert(name, tenant);
        tenant
    }

    /// How many of a database may wait, if they are as many already. `others` of them wait elsewhere.
    pub(super) fn is_full(&self, tenant: usize, others: usize) -> Option<usize> {
        let tenant = &self.tenants[tenant];
        tenant.cap.waiting.filter(|most| tenant.waiting() + others >= *most)
    }

    /// Joins the line of a database, or the one that goes first.
    pub(super) fn join(&mut self, lane: Lane, tenant: Option<usize>, told: Sender<Seat>) -> Ticket {
        let ticket = Ticket { number: self.next, lane, tenant };
        self.next += 1;
        self.waiting += 1;
        match tenant {
            None => drop(self.first[lane].insert(ticket.number, told)),
            Some(tenant) => {
                self.tenants[tenant].lines[lane].insert(ticket.number, told);
                self.take_turn(lane, tenant);
            }
        }
        ticket
    }

    /// Leaves the line. False when the ticket was called before, so that there is a seat to give back.
    pub(super) fn leave(&mut self, ticket: Ticket) -> bool {
        let line = match ticket.tenant {
            None => Some(&mut self.first[ticket.lane]),
            Some(tenant) => {
                self.tenants.get_mut(tenant).map(|tenant| &mut tenant.lines[ticket.lane])
            }
        };
        let waited = line.is_some_and(|line| line.remove(&ticket.number).is_some());
        if waited {
            self.waiting -= 1;
            if let Some(tenant) = ticket.tenant {
                self.forget(tenant);
            }
        }
        waited
    }

    /// Takes a seat back and gives it to who is next.
    pub(super) fn give_back(&mut self, seat: Seat) {
        self.free[seat.lane] += 1;
        if let Some(tenant) = seat.tenant {
            self.tenants[tenant].running -= 1;
            for lane in 0..LANES {
                self.take_turn(lane, tenant);
            }
        }
        if self.waiting > 0 {
            for lane in 0..LANES {
                self.call(lane);
            }
        }
        if let Some(tenant) = seat.tenant {
            self.forget(tenant);
        }
    }

    /// Puts a database into the turns, if somebody of it waits who may run.
    fn take_turn(&mut self, lane: Lane, index: usize) {
        let tenant = &mut self.tenants[index];
        if !tenant.in_turn[lane] && !tenant.lines[lane].is_empty() && tenant.may_run() {
            tenant.in_turn[lane] = true;
            self.turns[lane].push_back(index);
        }
    }

    /// Gives the free seats to those who are next.
    fn call(&mut self, lane: Lane) {
        while self.free[lane] > 0 {
            let Some((told, seat)) = self.next_of(lane) else { return };
            self.free[lane] -= 1;
            self.waiting -= 1;
            // Whoever leaves takes its ticket out of its line first, so somebody is there.
            let _ = told.send(seat);
        }
    }

    fn next_of(&mut self, lane: Lane) -> Option<(Sender<Seat>, Seat)> {
        if let Some((_, told)) = self.first[lane].pop_first() {
            return Some((told, Seat { lane, tenant: None }));
        }
        while let Some(index) = self.turns[lane].pop_front() {
            let tenant = &mut self.tenants[index];
            tenant.in_turn[lane] = false;
            if !tenant.may_run() {
                continue;
            }
            let Some((_, told)) = tenant.lines[lane].pop_first() else {
                self.forget(index);
                continue;
            };
            let counted = tenant.cap.running.is_some();
            tenant.running += usize::from(counted);
            self.take_turn(lane, index);
            let seat = Seat { lane, tenant: counted.then_some(index) };
            if !counted {
                self.forget(index);
            }
            return Some((told, seat));
        }
        None
    }

    /// Forgets a database that has nothing here any more, if many are remembered.
    pub(super) fn forget(&mut self, index: usize) {
        let idle = self.tenants.len() > REMEMBERED
            && self.tenants.get(index).is_some_and(|tenant| {
                tenant.running == 0 && tenant.waiting() == 0 && tenant.in_turn == [false; LANES]
            });
        if idle {
            let tenant = self.tenants.remove(index);
            self.by_name.remove(&tenant.name);
        }
    }
}

#[cfg(test)]
impl Queue {
    /// How many databases it remembers.
    pub(super) fn known(&self) -> usize {
        self.tenants.len()
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot::{Receiver, channel};

    use super::*;

    /// A database's cap on places.
    fn most(running: usize) -> Cap {
        Cap { running: Some(running), waiting: None }
    }

    fn wait(queue: &mut Queue, name: &str, cap: Cap) -> (Ticket, Receiver<Seat>) {
        let (told, seat) = channel();
        let tenant = queue.tenant(name, || cap);
        (queue.join(0, Some(tenant), told), seat)
    }

    #[test]
    fn lets_databases_take_turns_and_each_in_order_of_arrival() {
        let mut queue = Queue::new([1, 1]);
        let mut place = queue.take(0).unwrap();
        let names = ["a", "a", "a", "b", "c", "b"];
        let mut waiters: Vec<_> =
            names.iter().map(|name| Some(wait(&mut queue, name, Cap::default()).1)).collect();
        let mut order = Vec::new();
        while queue.waiting() > 0 {
            queue.give_back(place);
            let (at, seat) = waiters
                .iter_mut()
                .enumerate()
                .find_map(|(at, waiter)| Some((at, waiter.as_mut()?.try_recv().ok()?)))
                .unwrap();
            waiters[at] = None;
            order.push(at);
            place = seat;
        }
        assert_eq!(order, [0, 3, 4, 1, 5, 2]);
    }

    #[test]
    fn passes_over_a_database_that_has_its_fill_until_it_gives_a_place_back() {
        let mut queue = Queue::new([3, 1]);
        let tenant = queue.tenant("a", || most(1));
        let place = queue.take_for(0, tenant).unwrap();
        assert!(queue.take_for(0, tenant).is_none(), "it has as many as it may");
        let (_, mut capped) = wait(&mut queue, "a", most(1));
        let other = queue.take(0).unwrap();
        let another = queue.take(0).unwrap();
        let (_, mut free) = wait(&mut queue, "b", Cap::default());
        queue.give_back(other);
        assert!(free.try_recv().is_ok() && capped.try_recv().is_err());
        queue.give_back(another);
        assert!(capped.try_recv().is_err());
        queue.give_back(place);
        assert!(capped.try_recv().is_ok());
    }

    #[test]
    fn lets_those_go_first_whose_work_others_may_wait_for() {
        let mut queue = Queue::new([1, 1]);
        let place = queue.take(0).unwrap();
        let (_, mut ordinary) = wait(&mut queue, "a", Cap::default());
        let (told, mut first) = channel();
        queue.join(0, None, told);
        queue.give_back(place);
        assert!(first.try_recv().is_ok() && ordinary.try_recv().is_err());
    }

    #[test]
    fn a_place_in_one_lane_that_comes_back_lets_the_database_go_on_in_the_other() {
        let mut queue = Queue::new([1, 1]);
        let tenant = queue.tenant("a", || most(1));
        let place = queue.take_for(0, tenant).unwrap();
        let (told, mut seat) = channel();
        queue.join(1, Some(tenant), told);
        assert!(seat.try_recv().is_err());
        queue.give_back(place);
        assert_eq!(seat.try_recv().unwrap().lane, 1);
    }

    #[test]
    fn forgets_databases_that_are_idle_when_there_are_many() {
        let mut queue = Queue::new([1, 1]);
        for number in 0..10 * REMEMBERED {
            let tenant = queue.tenant(&number.to_string(), || most(1));
            let place = queue.take_for(0, tenant).unwrap();
            queue.give_back(place);
        }
        assert!(queue.tenants.len() <= REMEMBERED + 1, "{}", queue.tenants.len());
        assert_eq!(queue.tenants.len(), queue.by_name.len());
    }

    /// Places never get lost nor doubled, whatever the order in which they are taken, waited for,
    /// left and given back.
    #[test]
    fn keeps_count_of_its_places() {
        let mut queue = Queue::new([3, 2]);
        let (mut held, mut waiting) = (Vec::new(), Vec::new());
        let mut random = 1_u64;
        for _ in 0..20_000 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let pick = usize::try_from(random >> 33).unwrap();
            let (lane, name) = (pick % 2, ["a", "b", "c"][pick / 2 % 3]);
            match pick / 8 % 3 {
                0 => {
                    let tenant = queue.tenant(name, || most(2));
                    if let Some(seat) = queue.take_for(lane, tenant) {
                        held.push(seat);
                    } else {
                        let (told, seat) = channel();
                        waiting.push((queue.join(lane, Some(tenant), told), seat));
                    }
                }
                1 if !held.is_empty() => queue.give_back(held.swap_remove(pick % held.len())),
                _ if !waiting.is_empty() => {
                    let (ticket, mut seat) = waiting.swap_remove(pick % waiting.len());
                    if !queue.leave(ticket) {
                        queue.give_back(seat.try_recv().unwrap());
                    }
                }
                _ => {}
            }
            waiting.retain_mut(|(_, seat)| seat.try_recv().map(|seat| held.push(seat)).is_err());
            let taken = |lane| held.iter().filter(|seat| seat.lane == lane).count();
            assert_eq!((queue.free[0] + taken(0), queue.free[1] + taken(1)), (3, 2));
            assert_eq!(queue.waiting(), waiting.len());
        }
    }
}
