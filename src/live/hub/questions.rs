//! Questions of any kind, many in one request.

use super::{BATCH_MAX, Hub, HubError, sub_answer};
use crate::koji::calls::MultiCall;
use crate::koji::{Call, Fault, Value};
use crate::module_build::hub_call::HubCall;

impl Hub {
    /// Asks questions in as few requests as possible; each has an answer or a fault, in their order.
    ///
    /// # Panics
    /// When one of them would change something.
    pub async fn ask_all(
        &mut self,
        questions: &[HubCall],
    ) -> Result<Vec<Result<Value, Fault>>, HubError> {
        let mut all = Vec::with_capacity(questions.len());
        for batch in questions.chunks(BATCH_MAX) {
            let change = batch.iter().find(|question| question.is_write());
            assert!(change.is_none(), "{change:?} is not a question");
            let multi = MultiCall { calls: batch.iter().map(HubCall::sub_call).collect() };
            let post = self.post_of(MultiCall::METHOD, multi.arguments());
            let answers: Vec<Value> =
                self.carry_out(post, false).await.and_then(|all| self.read("multiCall", all))?;
            if answers.len() != batch.len() {
                let reason = format!("{} answers to {} calls", answers.len(), batch.len());
                return Err(HubError::Shape { method: MultiCall::METHOD.to_owned(), reason });
            }
            let hidden = |fault: Fault| Fault { text: self.veil.hide(&fault.text), ..fault };
            all.extend(answers.into_iter().map(|answer| sub_answer(answer).map_err(hidden)));
        }
        Ok(all)
    }
}
