"""Apps, their functions and classes: what `modal deploy` and `modal run` ask for."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from grpclib import GRPCError, Status
from modal_proto import api_pb2

from tests.modal_app.loopback.state import AppRecord, FunctionRecord, State, nothing

WORKSPACE = "ryla"


class Apps:
    """The part of the protocol about apps and functions."""

    state: State
    address: str

    async def ClientHello(self, stream: Any) -> None:
        await stream.recv_message()
        await stream.send_message(api_pb2.ClientHelloResponse(image_builder_version="2025.06"))

    async def EnvironmentGetOrCreate(self, stream: Any) -> None:
        await stream.recv_message()
        metadata = api_pb2.EnvironmentMetadata(
            name="main", settings=api_pb2.EnvironmentSettings(image_builder_version="2025.06")
        )
        await stream.send_message(api_pb2.EnvironmentGetOrCreateResponse(environment_id="en-1", metadata=metadata))

    async def AppCreate(self, stream: Any) -> None:
        request = await stream.recv_message()
        app = self._app(request.description, fresh=True)
        await stream.send_message(api_pb2.AppCreateResponse(app_id=app.id, app_page_url=f"{self.address}/app"))

    async def AppGetOrCreate(self, stream: Any) -> None:
        request = await stream.recv_message()
        await stream.send_message(api_pb2.AppGetOrCreateResponse(app_id=self._app(request.app_name).id))

    async def AppGetByDeploymentName(self, stream: Any) -> None:
        request = await stream.recv_message()
        found = [app for app in self.state.apps.values() if app.deployed and app.name == request.name]
        await stream.send_message(api_pb2.AppGetByDeploymentNameResponse(app_id=found[0].id if found else ""))

    def _app(self, name: str, *, fresh: bool = False) -> AppRecord:
        found = [app for app in self.state.apps.values() if app.name == name and not fresh]
        app = found[0] if found else AppRecord(self.state.new_id("ap"), name)
        return self.state.apps.setdefault(app.id, app)

    async def AppGetLayout(self, stream: Any) -> None:
        request = await stream.recv_message()
        app = self.state.apps[request.app_id]
        layout = api_pb2.AppLayout(function_ids=app.functions, class_ids=app.classes)
        for function_id in app.functions.values():
            metadata = self.state.functions[function_id].metadata
            layout.objects.append(api_pb2.Object(object_id=function_id, function_handle_metadata=metadata))
        for class_id in app.classes.values():
            layout.objects.append(
                api_pb2.Object(object_id=class_id, class_handle_metadata=self.state.classes[class_id])
            )
        await stream.send_message(api_pb2.AppGetLayoutResponse(app_layout=layout))

    async def AppPublish(self, stream: Any) -> None:
        request = await stream.recv_message()
        app = self.state.apps[request.app_id]
        app.deployed = request.app_state == api_pb2.APP_STATE_DEPLOYED
        app.functions, app.classes = dict(request.function_ids), dict(request.class_ids)
        await stream.send_message(
            api_pb2.AppPublishResponse(url=f"{self.address}/apps/{app.name}", deployed_at=time.time())
        )

    async def AppHeartbeat(self, stream: Any) -> None:
        await nothing(stream)

    async def AppClientDisconnect(self, stream: Any) -> None:
        await nothing(stream)

    async def AppStop(self, stream: Any) -> None:
        await nothing(stream)

    async def AppGetLogs(self, stream: Any) -> None:
        await stream.recv_message()
        await asyncio.sleep(0.05)
        await stream.send_message(api_pb2.TaskLogsBatch(app_done=True))

    async def FunctionPrecreate(self, stream: Any) -> None:
        request = await stream.recv_message()
        record = self._function(request.app_id, request.function_name, request.existing_function_id)
        metadata = record.metadata
        metadata.function_name, metadata.function_type = request.function_name, request.function_type
        metadata.app_id = request.app_id
        metadata.function_schema.CopyFrom(request.function_schema)
        metadata.supported_input_formats[:] = request.supported_input_formats
        metadata.supported_output_formats[:] = request.supported_output_formats
        if request.webhook_config.type:
            metadata.web_url = _web_url(request.webhook_config, record.app, request.function_name)
        for name, method in request.method_definitions.items():
            metadata.method_handle_metadata[name].CopyFrom(_method(name, method, record))
        await stream.send_message(api_pb2.FunctionPrecreateResponse(function_id=record.id, handle_metadata=metadata))

    def _function(self, app_id: str, name: str, existing: str) -> FunctionRecord:
        app = self.state.apps[app_id]
        found = existing or app.functions.get(name) or self.state.new_id("fu")
        app.functions[name] = found
        return self.state.functions.setdefault(found, FunctionRecord(found, name, app.name))

    async def FunctionCreate(self, stream: Any) -> None:
        request = await stream.recv_message()
        data = api_pb2.FunctionData()
        data.CopyFrom(request.function_data)
        if request.HasField("function"):
            data.ranked_functions.add(rank=0, function=request.function)
        ranked = tuple(each.function for each in data.ranked_functions)
        definition = ranked[0]
        name = definition.function_name or data.function_name
        record = self._function(request.app_id, name, request.existing_function_id)
        record.definition, record.data, record.ranked = definition, data, ranked
        metadata = record.metadata
        metadata.function_name = name
        metadata.definition_id = f"de-{record.id}"
        for part in (data, definition):
            if part.webhook_config.type:
                metadata.web_url = _web_url(part.webhook_config, record.app, name)
            metadata.function_type = part.function_type or metadata.function_type
            metadata.is_method = part.is_method or metadata.is_method
            if part.class_parameter_info.schema or part.class_parameter_info.format:
                metadata.class_parameter_info.CopyFrom(part.class_parameter_info)
            for method, body in part.method_definitions.items():
                metadata.method_handle_metadata[method].CopyFrom(_method(method, body, record))
        for schedule in (request.schedule, data.schedule, definition.schedule):
            if schedule.WhichOneof("schedule_oneof"):
                self.state.schedules[name] = schedule
        response = api_pb2.FunctionCreateResponse(
            function_id=record.id, handle_metadata=metadata, function=definition, function_data=data
        )
        await stream.send_message(response)

    async def ClassCreate(self, stream: Any) -> None:
        request = await stream.recv_message()
        class_id = request.existing_class_id or self.state.new_id("cs")
        metadata = api_pb2.ClassHandleMetadata()
        self.state.classes[class_id] = metadata
        await stream.send_message(api_pb2.ClassCreateResponse(class_id=class_id, handle_metadata=metadata))

    async def ClassGet(self, stream: Any) -> None:
        request = await stream.recv_message()
        app = self._deployed(request.app_name)
        function_id = app.functions.get(f"{request.object_tag}.*")
        class_id = app.classes.get(request.object_tag)
        if function_id is None or class_id is None:
            raise GRPCError(Status.NOT_FOUND, f"no class {request.object_tag} in {request.app_name}")
        metadata = api_pb2.ClassHandleMetadata(
            class_function_id=function_id, class_function_metadata=self.state.functions[function_id].metadata
        )
        await stream.send_message(api_pb2.ClassGetResponse(class_id=class_id, handle_metadata=metadata))

    async def FunctionGet(self, stream: Any) -> None:
        request = await stream.recv_message()
        function_id = self._deployed(request.app_name).functions.get(request.object_tag)
        if function_id is None:
            raise GRPCError(Status.NOT_FOUND, f"no function {request.object_tag} in {request.app_name}")
        record = self.state.functions[function_id]
        await stream.send_message(
            api_pb2.FunctionGetResponse(function_id=function_id, handle_metadata=record.metadata, function=record.data)
        )

    def _deployed(self, name: str) -> AppRecord:
        for app in self.state.apps.values():
            if app.name == name and app.deployed:
                return app
        raise GRPCError(Status.NOT_FOUND, f"no app {name} is deployed")

    async def FunctionBindParams(self, stream: Any) -> None:
        request = await stream.recv_message()
        base = self.state.functions[request.function_id]
        bound = FunctionRecord(
            self.state.new_id("fu"),
            base.name,
            base.app,
            definition=base.definition,
            data=base.data,
            ranked=base.ranked,
            metadata=base.metadata,
            base=base.id,
            options=request.function_options,
            parameters=request.serialized_params,
        )
        self.state.functions[bound.id] = bound
        response = api_pb2.FunctionBindParamsResponse(bound_function_id=bound.id, handle_metadata=bound.metadata)
        await stream.send_message(response)


def _web_url(config: api_pb2.WebhookConfig, app: str, name: str) -> str:
    """Modal's rule: the workspace, then the label that was asked for, else app and function."""
    label = config.requested_suffix or f"{app}-{name}".lower().replace("_", "-").replace(".", "-")
    return f"https://{WORKSPACE}--{label}.modal.run"


def _method(name: str, body: api_pb2.MethodDefinition, record: FunctionRecord) -> api_pb2.FunctionHandleMetadata:
    metadata = api_pb2.FunctionHandleMetadata(
        function_name=body.function_name or name,
        function_type=body.function_type,
        is_method=True,
        use_method_name=name,
        supported_input_formats=body.supported_input_formats,
        supported_output_formats=body.supported_output_formats,
    )
    metadata.function_schema.CopyFrom(body.function_schema)
    if body.webhook_config.type:
        metadata.web_url = _web_url(body.webhook_config, record.app, body.function_name or name)
    return metadata
