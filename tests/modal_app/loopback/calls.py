"""Calls of functions: spawned, waited for, cancelled, expired, lost."""

from __future__ import annotations

import asyncio
import functools
import time
from contextlib import suppress
from typing import Any

from grpclib import GRPCError, Status
from modal._serialization import deserialize, serialize
from modal_proto import api_pb2

from tests.modal_app.loopback.state import NOTHING, Call, Runner, State

_SUCCESS = api_pb2.GenericResult.GENERIC_STATUS_SUCCESS
_FAILURE = api_pb2.GenericResult.GENERIC_STATUS_FAILURE
_TERMINATED = api_pb2.GenericResult.GENERIC_STATUS_TERMINATED


class Calls:
    """The part of the protocol about calls."""

    state: State
    runner: Runner

    async def FunctionMap(self, stream: Any) -> None:
        request = await stream.recv_message()
        call_id = self.state.new_id("fc")
        inputs = [self._begin(call_id, request.function_id, item) for item in request.pipelined_inputs]
        await stream.send_message(api_pb2.FunctionMapResponse(function_call_id=call_id, pipelined_inputs=inputs))

    async def FunctionPutInputs(self, stream: Any) -> None:
        request = await stream.recv_message()
        inputs = [self._begin(request.function_call_id, request.function_id, item) for item in request.inputs]
        await stream.send_message(api_pb2.FunctionPutInputsResponse(inputs=inputs))

    def _begin(
        self, call_id: str, function_id: str, item: api_pb2.FunctionPutInputsItem
    ) -> api_pb2.FunctionPutInputsResponseItem:
        content = self.state.blobs[item.input.args_blob_id] if item.input.args_blob_id else item.input.args
        args, kwargs = deserialize(content, None)
        record = self.state.functions[function_id]
        call = Call(call_id, record, item.input.method_name, args, kwargs, input_id=self.state.new_id("in"))
        self.state.calls[call_id] = call
        call.task = asyncio.ensure_future(self.runner(call))
        call.task.add_done_callback(functools.partial(self._end, call))
        return api_pb2.FunctionPutInputsResponseItem(idx=item.idx, input_id=call.input_id)

    def _end(self, call: Call, work: asyncio.Task[Any]) -> None:
        if work.cancelled():
            result = api_pb2.GenericResult(status=_TERMINATED, exception="the call was cancelled")
        elif error := work.exception():
            result = api_pb2.GenericResult(status=_FAILURE, exception=repr(error), data=serialize(error))
        else:
            result = api_pb2.GenericResult(status=_SUCCESS, data=serialize(work.result()))
        call.result = call.result or result
        call.ended.set()

    async def FunctionGetOutputs(self, stream: Any) -> None:
        request = await stream.recv_message()
        call = self.state.calls.get(request.function_call_id)
        if call is None or call.expired:
            await stream.send_message(api_pb2.FunctionGetOutputsResponse(num_unfinished_inputs=0))
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(call.ended.wait(), max(request.timeout, 0.001))
        if not call.ended.is_set():
            await stream.send_message(api_pb2.FunctionGetOutputsResponse(num_unfinished_inputs=1))
            return
        item = api_pb2.FunctionGetOutputsItem(
            result=call.result,
            input_id=call.input_id,
            data_format=api_pb2.DATA_FORMAT_PICKLE,
            output_created_at=time.time(),
        )
        await stream.send_message(
            api_pb2.FunctionGetOutputsResponse(idxs=[0], outputs=[item], last_entry_id="1-0", num_unfinished_inputs=0)
        )

    async def FunctionCallCancel(self, stream: Any) -> None:
        request = await stream.recv_message()
        call = self.state.calls.get(request.function_call_id)
        if call is None:
            raise GRPCError(Status.NOT_FOUND, "no such call")
        if call.task is not None and not call.ended.is_set():
            call.task.cancel()
        await stream.send_message(NOTHING)

    async def FunctionGetCurrentStats(self, stream: Any) -> None:
        await stream.recv_message()
        on = sum(not call.ended.is_set() for call in self.state.calls.values())
        await stream.send_message(api_pb2.FunctionStats(num_total_tasks=on, num_running_inputs=on))

    def lose(self, call_id: str) -> None:
        """End a call as a container does that is gone: without a word. What still runs of it here no longer counts."""
        call = self.state.calls[call_id]
        call.result = api_pb2.GenericResult(
            status=api_pb2.GenericResult.GENERIC_STATUS_INTERNAL_FAILURE, exception="the container was lost"
        )
        call.ended.set()

    def expire(self, call_id: str) -> None:
        """Forget the result of a call, as Modal does after seven days."""
        self.state.calls[call_id].expired = True
