//! Questions that come while others are being answered are answered together.
//!
//! A question that comes alone is answered at once; of those that come meanwhile, all are asked in one step when it is
//! their turn. So the store is asked once for many exactly when there are many, and nobody waits for a timer.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// Steps under way at once: while one waits for its commit, the next is on its way.
const STEPS_AT_ONCE: usize = 2;
/// Questions of one step at most.
const QUESTIONS_AT_ONCE: usize = 64;

/// A place where questions meet. Clones are the same place.
pub(crate) struct Together<Q, A> {
    line: Arc<Mutex<Line<Q, A>>>,
}

struct Line<Q, A> {
    waiting: Vec<(Q, oneshot::Sender<A>)>,
    under_way: usize,
}

impl<Q, A> Clone for Together<Q, A> {
    fn clone(&self) -> Self {
        Self { line: Arc::clone(&self.line) }
    }
}

impl<Q, A> Default for Together<Q, A> {
    fn default() -> Self {
        Self { line: Arc::new(Mutex::new(Line { waiting: Vec::new(), under_way: 0 })) }
    }
}

impl<Q: Send + 'static, A: Send + 'static> Together<Q, A> {
    /// Asks, and is answered by `answer`, which gets questions in the order in which they came and returns an answer to
    /// each. Answers go on being looked for when whoever asked goes away. `None`: looking for it panicked.
    pub(crate) async fn ask<F>(&self, question: Q, answer: impl Fn(Vec<Q>) -> F + Send + 'static) -> Option<A>
    where
        F: Future<Output = Vec<A>> + Send + 'static,
    {
        let (tell, told) = oneshot::channel();
        if self.stand_in_line(question, tell) {
            tokio::spawn(answer_all(Step { place: self.clone(), is_over: false }, answer));
        }
        told.await.ok()
    }
}

impl<Q, A> Together<Q, A> {
    /// Whether whoever asks has to begin a step: then it counts as begun.
    fn stand_in_line(&self, question: Q, tell: oneshot::Sender<A>) -> bool {
        let mut line = self.lock();
        line.waiting.push((question, tell));
        let is_free = line.under_way < STEPS_AT_ONCE;
        line.under_way += usize::from(is_free);
        is_free
    }

    fn lock(&self) -> MutexGuard<'_, Line<Q, A>> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A step that is under way.
struct Step<Q, A> {
    place: Together<Q, A>,
    is_over: bool,
}

impl<Q, A> Step<Q, A> {
    /// Who is to be answered next. Nobody: the step is over, under the same lock, so that who comes next begins one.
    fn next(&mut self) -> Option<Vec<(Q, oneshot::Sender<A>)>> {
        let mut line = self.place.lock();
        if line.waiting.is_empty() {
            line.under_way -= 1;
            self.is_over = true;
            return None;
        }
        let many = line.waiting.len().min(QUESTIONS_AT_ONCE);
        Some(line.waiting.drain(..many).collect())
    }
}

impl<Q, A> Drop for Step<Q, A> {
    fn drop(&mut self) {
        if !self.is_over {
            // It panicked, or the process ends. Who waits hears that there is no answer, and may ask again.
            let mut line = self.place.lock();
            line.under_way -= 1;
            line.waiting.clear();
        }
    }
}

async fn answer_all<Q, A, F>(mut step: Step<Q, A>, answer: impl Fn(Vec<Q>) -> F)
where
    F: Future<Output = Vec<A>>,
{
    while let Some(waiting) = step.next() {
        let (questions, askers): (Vec<Q>, Vec<_>) = waiting.into_iter().unzip();
        for (asker, answer) in askers.into_iter().zip(answer(questions).await) {
            // Who has gone away is not told.
            let _ = asker.send(answer);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use futures_util::future::join_all;
    use tokio::time::{sleep, timeout};

    use super::*;

    /// Asks for the doubles of 0..`questions` at once; how many steps it took to answer them.
    async fn check(questions: usize, expected_steps: usize) {
        let (place, steps) = (Together::default(), Arc::new(AtomicUsize::new(0)));
        let double = |question| {
            let steps = Arc::clone(&steps);
            place.ask(question, move |questions: Vec<usize>| {
                steps.fetch_add(1, Ordering::Relaxed);
                async move {
                    sleep(Duration::from_millis(1)).await;
                    questions.into_iter().map(|question| question * 2).collect()
                }
            })
        };
        let answers = join_all((0..questions).map(double)).await;
        assert_eq!(answers, (0..questions).map(|question| Some(question * 2)).collect::<Vec<_>>());
        assert_eq!(steps.load(Ordering::Relaxed), expected_steps);
    }

    #[tokio::test]
    async fn what_comes_meanwhile_is_answered_together() {
        check(1, 1).await;
        check(40, 1).await;
        check(65, 2).await;
        check(129, 3).await;
    }

    #[tokio::test]
    async fn a_step_that_panics_answers_nobody_and_the_next_question_is_answered() {
        let place = Together::<u8, u8>::default();
        assert_eq!(place.ask(1, |_| async { panic!("on purpose") }).await, None);
        assert_eq!(place.ask(2, |questions| async { questions }).await, Some(2));
    }

    #[tokio::test]
    async fn who_goes_away_takes_no_answer_from_others() {
        let place = Together::<u8, u8>::default();
        let slow = |questions: Vec<u8>| async {
            sleep(Duration::from_millis(20)).await;
            questions
        };
        let impatient = timeout(Duration::from_millis(1), place.ask(1, slow));
        let (left, answered) = tokio::join!(impatient, place.ask(2, slow));
        assert!(left.is_err());
        assert_eq!(answered, Some(2));
    }
}
