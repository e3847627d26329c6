//! Several processes at one store.

use std::process::{Child, Command};

use super::*;

/// A process of this host that lives until it is dropped.
struct Sleeper(Child);

impl Sleeper {
    fn start() -> Self {
        Self(Command::new("sleep").arg("600").spawn().expect("it starts"))
    }

    fn holder(&self) -> Holder {
        Holder::of(self.0.id())
    }
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        // One that has ended already is fine.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[test]
fn a_run_is_refused_while_its_process_lives_and_taken_when_it_is_killed() {
    on_both(async |url| {
        let store = Store::open(url).await.expect("it opens");
        let other = Sleeper::start();
        let holder = other.holder();
        begun(&store, "r1", &["perl:5.30"], &holder).await;
        let me = Holder::this_process();
        let held = store.take("r1", &me, NOW, LEASE).await.expect_err("its process lives");
        assert_eq!(held.to_string(), format!("run `r1` is driven by {holder}"));
        let second = store.begin(&run("r2", &["perl:5.30"]), &me, NOW, LEASE).await;
        assert!(matches!(second, Err(StoreError::Claimed { .. })), "{second:?}");
        drop(other);
        store.take("r1", &me, NOW, LEASE).await.expect("its process is dead");
    });
}

#[test]
fn a_run_that_ended_is_held_by_one_process_and_stays_ended() {
    on_both(async |url| {
        let store = Store::open(url).await.expect("it opens");
        let (me, other) = (Holder::this_process(), Sleeper::start());
        let ended = begun(&store, "r1", &["perl:5.30"], &me).await;
        store.release(&ended, RunState::Failed, later(1000)).await.expect("it is over");
        let other_held = store.hold("r1", &other.holder(), NOW, LEASE).await.expect("it is free");
        for held in
            [store.hold("r1", &me, NOW, LEASE).await, store.take("r1", &me, NOW, LEASE).await]
        {
            assert!(matches!(held, Err(StoreError::Held { .. })), "{held:?}");
        }
        // Another run may build its stream meanwhile.
        let second = store.begin(&run("r2", &["perl:5.30"]), &dead(), NOW, LEASE).await;
        second.expect("the stream is free");
        drop(other);
        let held = store.hold("r1", &me, NOW, LEASE).await.expect("its process is dead");
        let late = store.set_state(&other_held, RunState::Done).await;
        assert!(matches!(late, Err(StoreError::Fenced { .. })), "{late:?}");
        store.set_state(&held, RunState::Canceled).await.expect("it is ours");
        store.let_go(&held).await.expect("it is ours");
        let row = store.run("r1").await.expect("it is there");
        assert_eq!(
            (row.state, row.holder, row.ended),
            (RunState::Canceled, None, Some(later(1000)))
        );
        let open = store.hold("r2", &me, NOW, LEASE).await.expect_err("it can be resumed");
        let words = "run `r2` is running, and can be resumed: it needs what it made";
        assert_eq!(open.to_string(), words);
    });
}

/// Does the same in several threads at once, each with a store of its own; returns what each got.
fn at_once<T: Send>(url: &str, act: impl AsyncFn(Store, u32) -> T + Sync) -> Vec<T> {
    const THREADS: u32 = 6;
    let start = std::sync::Barrier::new(THREADS as usize);
    let one = |number: u32| {
        start.wait();
        block_on(async { act(Store::open(url).await.expect("it opens"), number).await })
    };
    std::thread::scope(|scope| {
        let one = &one;
        let threads: Vec<_> = (0..THREADS).map(|number| scope.spawn(move || one(number))).collect();
        threads.into_iter().map(|thread| thread.join().expect("it ends")).collect()
    })
}

#[test]
fn a_new_store_is_made_by_many_at_once() {
    on_both(async |url| {
        let listed = at_once(url, async |store, _| store.runs().await);
        assert_eq!(listed, vec![Ok(Vec::new()); 6]);
    });
}

#[test]
fn of_many_who_take_a_run_over_one_gets_it() {
    on_both(async |url| {
        let store = Store::open(url).await.expect("it opens");
        let mut first = begun(&store, "r1", &["perl:5.30"], &elsewhere(99)).await;
        let taken = at_once(url, async |store, number| {
            store.take("r1", &elsewhere(number), later(LEASE), LEASE).await
        });
        let (won, lost): (Vec<_>, Vec<_>) = taken.into_iter().partition(Result::is_ok);
        assert_eq!(won.len(), 1, "{lost:?}");
        for error in lost.into_iter().filter_map(Result::err) {
            assert!(matches!(error, StoreError::Held { .. }), "{error:?}");
        }
        let back = store.append(&mut first, &lines(0..1), later(LEASE)).await;
        assert!(matches!(back, Err(StoreError::Fenced { .. })), "{back:?}");
    });
}

#[test]
fn of_many_who_begin_to_build_a_stream_one_does() {
    on_both(async |url| {
        let begun = at_once(url, async |store, number| {
            let new = run(&format!("r{number}"), &["perl:5.30"]);
            store.begin(&new, &elsewhere(number), NOW, LEASE).await
        });
        let (won, lost): (Vec<_>, Vec<_>) = begun.into_iter().partition(Result::is_ok);
        assert_eq!(won.len(), 1, "{lost:?}");
        for error in lost.into_iter().filter_map(Result::err) {
            assert!(matches!(error, StoreError::Claimed { .. }), "{error:?}");
        }
    });
}

#[test]
fn indexes_taken_at_once_are_all_different() {
    on_both(async |url| {
        let mut taken = at_once(url, async |store, _| {
            let mut taken = Vec::new();
            for _ in 0..5 {
                taken.push(store.take_index("hub", "perl:5.30", 1).await.expect("it is taken"));
            }
            taken
        })
        .concat();
        taken.sort_unstable();
        assert_eq!(taken, (1..31).collect::<Vec<i64>>());
    });
}
