"""Images, mounts, blobs, secrets, volumes, queues and dictionaries."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any

from grpclib import GRPCError, Status
from modal_proto import api_pb2

from tests.modal_app.loopback.state import NOTHING, State, nothing

_SUCCESS = api_pb2.GenericResult.GENERIC_STATUS_SUCCESS
_BLOCK = 8 * 2**20


class Storage:
    """The part of the protocol about things that are kept."""

    state: State
    blob_address: str

    async def ImageGetOrCreate(self, stream: Any) -> None:
        request = await stream.recv_message()
        image_id = self.state.new_id("im")
        self.state.images[image_id] = request.image
        result = await asyncio.to_thread(self._built, request.image.build_function.definition)
        await stream.send_message(api_pb2.ImageGetOrCreateResponse(image_id=image_id, result=result))

    def _built(self, definition: str) -> api_pb2.GenericResult:
        """What became of a layer: one that is a function runs it, where a test says what that does here."""
        for name, build in self.state.builders.items():
            if f"def {name}(" in definition:
                self.state.built.append(name)
                try:
                    build()
                except Exception as error:  # noqa: BLE001 - as its container would end
                    return api_pb2.GenericResult(
                        status=api_pb2.GenericResult.GENERIC_STATUS_FAILURE, exception=f"{error}"
                    )
        return api_pb2.GenericResult(status=_SUCCESS)

    async def ImageJoinStreaming(self, stream: Any) -> None:
        await stream.recv_message()
        await stream.send_message(
            api_pb2.ImageJoinStreamingResponse(result=api_pb2.GenericResult(status=_SUCCESS), eof=True)
        )

    async def MountPutFile(self, stream: Any) -> None:
        request = await stream.recv_message()
        if request.data_blob_id:
            self.state.uploaded[request.sha256_hex] = self.state.blobs[request.data_blob_id]
        elif request.WhichOneof("data_oneof") == "data":
            self.state.uploaded[request.sha256_hex] = request.data
        await stream.send_message(api_pb2.MountPutFileResponse(exists=request.sha256_hex in self.state.uploaded))

    async def MountBatchedCheckExistence(self, stream: Any) -> None:
        request = await stream.recv_message()
        missing = [sha for sha in request.sha256_hex_hashes if sha not in self.state.uploaded]
        await stream.send_message(api_pb2.MountBatchedCheckExistenceResponse(missing_sha256_hex_hashes=missing))

    async def MountGetOrCreate(self, stream: Any) -> None:
        request = await stream.recv_message()
        mount_id = self.state.named_id("mount", request.deployment_name, "mo")
        self.state.mounts[mount_id] = list(request.files)
        metadata = api_pb2.MountHandleMetadata(content_checksum_sha256_hex="0" * 64)
        await stream.send_message(api_pb2.MountGetOrCreateResponse(mount_id=mount_id, handle_metadata=metadata))

    async def BlobCreate(self, stream: Any) -> None:
        await stream.recv_message()
        blob_id = self.state.new_id("bl")
        urls = api_pb2.UploadUrlList(items=[f"{self.blob_address}/blob/{blob_id}"])
        await stream.send_message(api_pb2.BlobCreateResponse(blob_ids=[blob_id], upload_urls=urls))

    async def BlobGet(self, stream: Any) -> None:
        request = await stream.recv_message()
        await stream.send_message(api_pb2.BlobGetResponse(download_url=f"{self.blob_address}/blob/{request.blob_id}"))

    async def SecretGetOrCreate(self, stream: Any) -> None:
        request = await stream.recv_message()
        secret_id = self.state.named_id("secret", request.deployment_name, "st")
        self.state.secrets[secret_id] = request.deployment_name
        self.state.environments[secret_id] = dict(request.env_dict)
        await stream.send_message(api_pb2.SecretGetOrCreateResponse(secret_id=secret_id))

    async def VolumeGetOrCreate(self, stream: Any) -> None:
        request = await stream.recv_message()
        volume_id = self.state.named_id("volume", request.deployment_name, "vo")
        self.state.volumes.setdefault(volume_id, {})
        version = request.version or api_pb2.VOLUME_FS_VERSION_V1
        metadata = api_pb2.VolumeMetadata(version=version, name=request.deployment_name)
        await stream.send_message(
            api_pb2.VolumeGetOrCreateResponse(volume_id=volume_id, version=version, metadata=metadata)
        )

    async def VolumeHeartbeat(self, stream: Any) -> None:
        await nothing(stream)

    async def VolumeCommit(self, stream: Any) -> None:
        await stream.recv_message()
        await stream.send_message(api_pb2.VolumeCommitResponse())

    async def VolumeReload(self, stream: Any) -> None:
        """Refused while a container has files of the volume open, as ComfyUI has those of loaded models."""
        request = await stream.recv_message()
        if self.state.busy.get(request.volume_id):
            raise GRPCError(Status.FAILED_PRECONDITION, "there are open files preventing the operation")
        for seen in self.state.reloaded.get(request.volume_id, ()):
            seen()
        await stream.send_message(NOTHING)

    def volume(self, name: str) -> dict[str, bytes]:
        """The files of a volume, by path."""
        return self.state.volumes.setdefault(self.state.named_id("volume", name, "vo"), {})

    async def VolumePutFiles(self, stream: Any) -> None:
        request = await stream.recv_message()
        files = self.state.volumes[request.volume_id]
        for file in request.files:
            path = file.filename.strip("/")
            if request.disallow_overwrite_existing_files and path in files:
                raise GRPCError(Status.ALREADY_EXISTS, f"{path} already exists")
            files[path] = self.state.uploaded[file.sha256_hex]
            self._make_folders(request.volume_id, path)
        await stream.send_message(NOTHING)

    async def VolumePutFiles2(self, stream: Any) -> None:
        request = await stream.recv_message()
        missing = []
        for number, file in enumerate(request.files):
            for place, block in enumerate(file.blocks):
                sha = block.contents_sha256.hex()
                if sha not in self.state.uploaded:
                    missing.append(
                        api_pb2.VolumePutFiles2Response.MissingBlock(
                            file_index=number, block_index=place, put_url=f"{self.blob_address}/block/{sha}"
                        )
                    )
        if not missing:
            files = self.state.volumes[request.volume_id]
            for file in request.files:
                content = b"".join(self.state.uploaded[block.contents_sha256.hex()] for block in file.blocks)
                files[file.path.strip("/")] = content[: file.size]
                self._make_folders(request.volume_id, file.path.strip("/"))
        await stream.send_message(api_pb2.VolumePutFiles2Response(missing_blocks=missing))

    async def VolumeGetFile2(self, stream: Any) -> None:
        request = await stream.recv_message()
        content = self.state.volumes[request.volume_id].get(request.path.strip("/"))
        if content is None:
            raise GRPCError(Status.NOT_FOUND, f"no file {request.path}")
        urls = []
        for start in range(0, len(content), _BLOCK):
            block = content[start : start + _BLOCK]
            blob = hashlib.sha256(block).hexdigest()
            self.state.blobs[blob] = block
            urls.append(f"{self.blob_address}/blob/{blob}")
        await stream.send_message(
            api_pb2.VolumeGetFile2Response(get_urls=urls, size=len(content), start=0, len=len(content))
        )

    async def VolumeListFiles(self, stream: Any) -> None:
        request = await stream.recv_message()
        await stream.send_message(api_pb2.VolumeListFilesResponse(entries=self._entries(request)))

    async def VolumeListFiles2(self, stream: Any) -> None:
        request = await stream.recv_message()
        await stream.send_message(api_pb2.VolumeListFiles2Response(entries=self._entries(request)))

    def _make_folders(self, volume_id: str, path: str) -> None:
        """A volume makes the folders above a file, and nothing but a recursive removal takes them away."""
        parts = path.split("/")[:-1]
        made = {"/".join(parts[: depth + 1]) for depth in range(len(parts))}
        self.state.folders.setdefault(volume_id, set()).update(made)

    def _entries(self, request: Any) -> list[api_pb2.FileEntry]:
        files = self.state.volumes[request.volume_id]
        folder = request.path.strip("/")
        found: dict[str, api_pb2.FileEntry] = {}
        for path, content in files.items():
            if folder and path != folder and not path.startswith(f"{folder}/"):
                continue
            rest = path[len(folder) :].strip("/") if folder else path
            head, _, below = rest.partition("/")
            full = f"{folder}/{head}".strip("/")
            if below and not request.recursive:
                found[full] = api_pb2.FileEntry(path=full, type=api_pb2.FileEntry.FileType.DIRECTORY)
            else:
                found[path] = api_pb2.FileEntry(
                    path=path, type=api_pb2.FileEntry.FileType.FILE, size=len(content), mtime=1
                )
        folders = self.state.folders.get(request.volume_id, set())
        for path in folders:
            inside = path.startswith(f"{folder}/") if folder else True
            if inside and (request.recursive or "/" not in path[len(folder) :].strip("/")):
                directory = api_pb2.FileEntry.FileType.DIRECTORY
                found[path] = api_pb2.FileEntry(path=path, type=directory, mtime=1)
        if not found and folder and folder not in folders:
            raise GRPCError(Status.NOT_FOUND, f"no such file or directory: {folder}")
        return list(found.values())

    async def VolumeRemoveFile(self, stream: Any) -> None:
        await self._remove(stream)

    async def VolumeRemoveFile2(self, stream: Any) -> None:
        await self._remove(stream)

    async def _remove(self, stream: Any) -> None:
        request = await stream.recv_message()
        files = self.state.volumes[request.volume_id]
        path = request.path.strip("/")
        folders = self.state.folders.setdefault(request.volume_id, set())
        gone = [name for name in files if name == path or (request.recursive and name.startswith(f"{path}/"))]
        if not gone and path not in folders:
            raise GRPCError(Status.NOT_FOUND, f"no such file: {path}")
        if path in folders and not request.recursive:
            raise GRPCError(Status.INVALID_ARGUMENT, f"{path} is a directory")
        for name in gone:
            del files[name]
        folders -= {name for name in folders if name == path or name.startswith(f"{path}/")}
        await stream.send_message(NOTHING)

    async def QueueGetOrCreate(self, stream: Any) -> None:
        request = await stream.recv_message()
        queue_id = self.state.named_id("queue", request.deployment_name, "qu")
        self.state.queues.setdefault(queue_id, {})
        await stream.send_message(api_pb2.QueueGetOrCreateResponse(queue_id=queue_id))

    async def QueuePut(self, stream: Any) -> None:
        request = await stream.recv_message()
        partition = self.state.queues[request.queue_id].setdefault(request.partition_key, [])
        if len(partition) + len(request.values) > 5000:
            raise GRPCError(Status.RESOURCE_EXHAUSTED, "the partition is full")
        async with self.state.changed:
            partition.extend((f"{next(self.state.numbers):012d}-0", value) for value in request.values)
            self.state.changed.notify_all()
        await stream.send_message(NOTHING)

    async def QueueGet(self, stream: Any) -> None:
        request = await stream.recv_message()
        partition = self.state.queues[request.queue_id].setdefault(request.partition_key, [])
        await self._wait(lambda: bool(partition), request.timeout)
        taken, partition[:] = partition[: request.n_values], partition[request.n_values :]
        await stream.send_message(api_pb2.QueueGetResponse(values=[value for _, value in taken]))

    async def QueueNextItems(self, stream: Any) -> None:
        request = await stream.recv_message()
        partitions = self.state.queues[request.queue_id]

        def later() -> list[tuple[str, bytes]]:
            return [row for row in partitions.get(request.partition_key, []) if row[0] > request.last_entry_id]

        await self._wait(lambda: bool(later()), request.item_poll_timeout)
        items = [api_pb2.QueueItem(value=value, entry_id=entry) for entry, value in later()[:100]]
        await stream.send_message(api_pb2.QueueNextItemsResponse(items=items))

    async def _wait(self, ready: Any, seconds: float) -> None:
        try:
            async with self.state.changed:
                await asyncio.wait_for(self.state.changed.wait_for(ready), max(seconds, 0.001))
        except TimeoutError:
            pass

    async def QueueLen(self, stream: Any) -> None:
        request = await stream.recv_message()
        partitions = self.state.queues[request.queue_id]
        length = sum(map(len, partitions.values())) if request.total else len(partitions.get(request.partition_key, []))
        await stream.send_message(api_pb2.QueueLenResponse(len=length))

    async def QueueClear(self, stream: Any) -> None:
        request = await stream.recv_message()
        partitions = self.state.queues[request.queue_id]
        partitions.clear() if request.all_partitions else partitions.pop(request.partition_key, None)
        await stream.send_message(NOTHING)

    async def DictGetOrCreate(self, stream: Any) -> None:
        request = await stream.recv_message()
        dict_id = self.state.named_id("dict", request.deployment_name, "di")
        self.state.dicts.setdefault(dict_id, {})
        await stream.send_message(api_pb2.DictGetOrCreateResponse(dict_id=dict_id))

    async def DictUpdate(self, stream: Any) -> None:
        request = await stream.recv_message()
        entries = self.state.dicts[request.dict_id]
        created = all(row.key not in entries for row in request.updates)
        if created or not request.if_not_exists:
            entries.update((row.key, row.value) for row in request.updates)
        await stream.send_message(api_pb2.DictUpdateResponse(created=created))

    async def DictGet(self, stream: Any) -> None:
        request = await stream.recv_message()
        value = self.state.dicts[request.dict_id].get(request.key)
        await stream.send_message(api_pb2.DictGetResponse(found=value is not None, value=value or b""))

    async def DictContains(self, stream: Any) -> None:
        request = await stream.recv_message()
        found = request.key in self.state.dicts[request.dict_id]
        await stream.send_message(api_pb2.DictContainsResponse(found=found))

    async def DictPop(self, stream: Any) -> None:
        request = await stream.recv_message()
        value = self.state.dicts[request.dict_id].pop(request.key, None)
        await stream.send_message(api_pb2.DictPopResponse(found=value is not None, value=value or b""))

    async def DictLen(self, stream: Any) -> None:
        request = await stream.recv_message()
        await stream.send_message(api_pb2.DictLenResponse(len=len(self.state.dicts[request.dict_id])))

    async def DictContents(self, stream: Any) -> None:
        request = await stream.recv_message()
        for key, value in list(self.state.dicts[request.dict_id].items()):
            await stream.send_message(
                api_pb2.DictEntry(key=key if request.keys else b"", value=value if request.values else b"")
            )
