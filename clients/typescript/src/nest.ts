/**
 * A NestJS module: one injectable `RylaGraphs`, and what an exception filter needs.
 *
 *     @Module({ imports: [RylaGraphsModule.forRoot({ baseUrl: "http://127.0.0.1:8100", token })] })
 *     export class AppModule {}
 *
 *     constructor(@Inject(RylaGraphs) private readonly ryla: RylaGraphs) {}
 */
import { HttpException, type DynamicModule, type FactoryProvider, type Type } from "@nestjs/common";
import { Ryla } from "./client.js";
import { Busy, InvalidRequest, JobFailed, NotFound, RylaError, Unreachable } from "./errors.js";
import type { ConnectionOptions } from "./http.js";

/** The client, as a class to inject. */
export class RylaGraphs extends Ryla {
  /** For a health check: throws where no job would run now. */
  async assertReady(): Promise<void> {
    if (!(await this.ready())) throw new HttpException("the ryla_graphs server is not ready", 503);
  }
}

export interface RylaGraphsAsyncOptions {
  imports?: DynamicModule["imports"];
  inject?: FactoryProvider["inject"];
  useFactory: (...injected: any[]) => ConnectionOptions | Promise<ConnectionOptions>;
}

export class RylaGraphsModule {
  static forRoot(options: ConnectionOptions = {}): DynamicModule {
    return RylaGraphsModule.forRootAsync({ useFactory: () => options });
  }

  static forRootAsync({ imports = [], inject = [], useFactory }: RylaGraphsAsyncOptions): DynamicModule {
    const provider: FactoryProvider = {
      provide: RylaGraphs as Type<RylaGraphs>,
      inject,
      useFactory: async (...injected: unknown[]) => new RylaGraphs(await useFactory(...injected)),
    };
    return { module: RylaGraphsModule, global: true, imports, providers: [provider], exports: [provider] };
  }
}

/** The HTTP answer that an error of this package is for one's own callers; the server's address stays out of it. */
export function asHttpException(error: unknown): unknown {
  if (!(error instanceof RylaError)) return error;
  const body = { code: error.code, message: error.message, problems: error.problems };
  if (error instanceof InvalidRequest) return new HttpException(body, 422, { cause: error });
  if (error instanceof NotFound) return new HttpException(body, 404, { cause: error });
  if (error instanceof JobFailed) return new HttpException(body, 502, { cause: error });
  const down = { code: error.code, message: "pictures cannot be made at the moment" };
  if (error instanceof Busy || error instanceof Unreachable) return new HttpException(down, 503, { cause: error });
  return new HttpException(down, 502, { cause: error });
}
