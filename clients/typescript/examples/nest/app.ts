/** A NestJS backend in front of ryla_graphs: submit, follow, fetch. */
import "reflect-metadata";
import { Body, Controller, Get, Inject, Module, Param, Post, Sse, StreamableFile } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { Observable } from "rxjs";
import { asHttpException, RylaGraphs, RylaGraphsModule } from "../../src/nest.js";
import type { FluxDevParameters } from "../../src/index.js";

@Controller()
class Pictures {
  constructor(@Inject(RylaGraphs) private readonly ryla: RylaGraphs) {}

  @Post("pictures")
  async submit(@Body() parameters: FluxDevParameters): Promise<{ id: string }> {
    try {
      return { id: (await this.ryla.submit("flux-dev", parameters)).id };
    } catch (error) {
      throw asHttpException(error);
    }
  }

  @Sse("pictures/:id/events")
  events(@Param("id") id: string): Observable<{ type: string; data: object }> {
    return new Observable((subscriber) => {
      const hangUp = new AbortController();
      (async () => {
        const job = await this.ryla.jobs.get(id);
        for await (const { kind, data } of job.events({ signal: hangUp.signal })) subscriber.next({ type: kind, data });
        subscriber.complete();
      })().catch((error) => subscriber.error(asHttpException(error)));
      return () => hangUp.abort();
    });
  }

  @Get("pictures/:id")
  async picture(@Param("id") id: string): Promise<StreamableFile> {
    try {
      const job = await (await this.ryla.jobs.get(id)).result();
      const output = job.outputs[0]!;
      return new StreamableFile(await output.bytes(), { type: output.mediaType });
    } catch (error) {
      throw asHttpException(error);
    }
  }
}

/** The application, for a server at an address. */
export async function application(baseUrl: string, token?: string) {
  @Module({ imports: [RylaGraphsModule.forRoot({ baseUrl, token })], controllers: [Pictures] })
  class AppModule {}

  return NestFactory.create(AppModule, { logger: ["error"] });
}
